import Foundation
import SwiftProtobuf

extension WireEvent {
    private init(at time: Date, step: Int = 0) {
        self.init()
        wallTime = time.timeIntervalSince1970
        self.step = Int64(step)
    }

    /// What a file begins with.
    static func version(at time: Date) -> WireEvent {
        var event = WireEvent(at: time)
        event.fileVersion = "brain.Event:2"
        return event
    }

    /// A round's scalars.
    static func scalars(_ round: RoundScalars, at time: Date) -> WireEvent {
        var event = WireEvent(at: time, step: round.round)
        event.summary.values = round.values.map { tag, scalar in
            var value = WireSummary.Value()
            value.tag = tag
            value.scalar = scalar
            return value
        }
        return event
    }

    /// A text, which is read as Markdown.
    static func text(_ text: TextValue, step: Int, at time: Date) -> WireEvent {
        var event = WireEvent(at: time, step: step)
        var value = WireSummary.Value()
        value.tag = text.tag
        value.metadata.plugin.name = TextValue.plugin
        value.metadata.dataClass = .tensor
        value.tensor.elementType = .string
        var size = WireTensor.Size()
        size.size = 1
        value.tensor.shape.sizes = [size]
        value.tensor.strings = [Data(text.text.utf8)]
        event.summary.values = [value]
        return event
    }

    /// What the plugin "hparams" compares runs by.
    static func session(_ session: WireSession, step: Int = 0, at time: Date) -> WireEvent {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        guard let content: Data = try? session.serializedBytes(options: options) else {
            preconditionFailure("a session without required fields can be written")
        }
        var event = WireEvent(at: time, step: step)
        var value = WireSummary.Value()
        value.tag = session.tag
        value.metadata.plugin.name = "hparams"
        value.metadata.plugin.content = content
        // It wants a tensor, of which it reads nothing.
        value.tensor.elementType = .float
        value.tensor.shape.sizes = [WireTensor.Size()]
        event.summary.values = [value]
        return event
    }
}

extension WireSession {
    /// What TensorBoard calls the value that holds it.
    var tag: String {
        if case .end = content { Self.endTag } else { "_hparams_/session_start_info" }
    }

    static let endTag = "_hparams_/session_end_info"
}

/// A text beside the scalars.
struct TextValue {
    /// The part of TensorBoard that shows texts.
    static let plugin = "text"

    var tag: String
    var text: String

    /// Names and what they are, as a table of Markdown.
    init(_ tag: String, table rows: [(name: String, value: String)]) {
        func cell(_ text: String) -> String {
            text.replacing("\\", with: "\\\\").replacing("|", with: "\\|")
                .split(whereSeparator: \.isNewline).joined(separator: " ")
        }
        self.tag = tag
        text = (["| | |", "|---|---|"] + rows.map { "| \(cell($0.name)) | \(cell($0.value)) |" })
            .joined(separator: "\n")
    }
}
