import Federation
import FederationWire
import JSON
import Platform
import TestThreads
import Testing

/// Texts of the other side, with every character in them that does something in place of being seen.
@Suite("Texts in messages", .holdsItsThread)
struct PrintableMessageTests {
    /// In pieces that fit into a text of a message.
    static let pieces: [String] = {
        let scalars = (UInt32(0)...0x10FFFF).lazy.compactMap { Unicode.Scalar($0) }
            .filter(\.isUnprintable)
        var pieces: [String] = []
        var piece = String.UnicodeScalarView()
        for scalar in scalars {
            piece.append(scalar)
            guard piece.count == 100 else { continue }
            pieces.append(String(piece))
            piece = String.UnicodeScalarView()
        }
        return pieces + [String(piece)]
    }()

    /// A message as a sender would have it that cares for nothing.
    private func raw(_ members: [String: JSONValue]) -> [UInt8] {
        JSONValue.object(members).encoded()
    }

    private func isClean(_ texts: String?...) -> Bool {
        texts.allSatisfy { $0?.unicodeScalars.contains(where: \.isUnprintable) == false }
    }

    @Test("No text of a message comes in with anything that cannot be seen", arguments: pieces)
    func texts(piece: String) throws {
        let failure = try FailureReport(decoding: raw(["reason": .string(piece)]))
        #expect(isClean(failure.reason))
        #expect(!failure.reason.isEmpty)
        let error = try APIError(
            decoding: raw(["code": "forbidden", "message": .string(piece)]))
        #expect(isClean(error.message, "\(error)"))
        let task = try NextTask(
            decoding: raw(["task": "finished", "outcome": .string(piece), "succeeded": true]))
        guard case .finished(let outcome, _) = task.kind else { throw error }
        #expect(isClean(outcome))
        guard case .object(var members) = MessageTests.settings.json else { throw error }
        var spec = MessageTests.settings.spec
        for key in ["model", "engine", "dataset", "partition"] { spec[key] = .string(piece) }
        members["spec"] = .object(spec)
        members["transforms"] = [.string(String(piece.unicodeScalars.prefix(10)))]
        let settings = try RunSettings(decoding: raw(members))
        for case .string(let text) in settings.spec.values { #expect(isClean(text)) }
        #expect(isClean(settings.model))
        #expect(isClean(settings.transforms.first))
        let report = try UpdateReport(decoding: raw(["numbers": .object([piece: 1])]))
        #expect(isClean(report.numbers.keys.first))
    }

    @Test("Errors that repeat what is wrong do so without it, too", arguments: pieces)
    func errors(piece: String) {
        func sentence(_ body: () throws(APIError) -> Void) -> String? {
            do throws(APIError) {
                try body()
                return nil
            } catch {
                return error.message
            }
        }
        let digest = Samples.digest.hexadecimal
        #expect(
            isClean(
                sentence { () throws(APIError) in _ = try ClientNumber.parse(piece) },
                sentence { () throws(APIError) in _ = try SampleCount.parse(piece) },
                sentence { () throws(APIError) in _ = try RunIdentifier(pathSegment: piece) },
                sentence { () throws(APIError) in
                    _ = try APIError(
                        decoding: raw(["code": .string(piece), "message": "no"]))
                },
                sentence { () throws(APIError) in
                    _ = try Registration(
                        decoding: raw([
                            "architecture": .string(digest), "samples": .string(piece),
                            "protocol": 2,
                        ]))
                }))
    }

    @Test("What a client says as long as it may does not keep the others from their messages")
    func longReasons() throws {
        for text in [String(repeating: "a", count: 1000), String(repeating: "\u{1}", count: 1000)] {
            let report = try FailureReport(decoding: raw(["reason": .string(text)]))
            #expect(report.reason.utf8.count <= 1000)
            let outcome = "diverged: client 1 in round 1: \(report.reason)"
            let task = NextTask(.finished(outcome: outcome, succeeded: false))
            let heard = try NextTask(decoding: task.encoded())
            guard case .finished(let found, _) = heard.kind else {
                Issue.record("\(heard)")
                return
            }
            #expect(found.hasPrefix("diverged: client 1 in round 1: "))
            let error = try APIError(decoding: APIError(.forbidden, outcome).encoded())
            #expect(error.message.hasPrefix("diverged: client 1"))
        }
    }
}
