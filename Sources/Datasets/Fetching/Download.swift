import Dispatch
import Foundation
import FoundationNetworking
import Platform
import Synchronization

/// Gets one address into memory while the caller waits.
package struct Download {
    let url: URL
    /// Most bytes that are taken.
    let sizeLimit: Int
    /// Seconds for the whole.
    let timeoutSeconds: Double
    /// Seconds without a byte after which the server counts as dead.
    let stallSeconds: Double
    /// What both are counted on.
    let time: any TimeSource

    package init(
        url: URL, sizeLimit: Int, timeoutSeconds: Double, stallSeconds: Double,
        time: any TimeSource = SystemTime()
    ) {
        self.url = url
        self.sizeLimit = sizeLimit
        self.timeoutSeconds = timeoutSeconds
        self.stallSeconds = stallSeconds
        self.time = time
    }

    /// The body of the answer; `progress` is called on the caller's thread.
    package func run(
        progress: (_ received: Int, _ total: Int?) -> Void
    ) throws(FetchFailure) -> [UInt8] {
        let transfer = Transfer(sizeLimit: sizeLimit)
        let configuration = URLSessionConfiguration.ephemeral
        // Whole seconds, since the session may drop fractions; the clock below is the exact one.
        configuration.timeoutIntervalForRequest = min(stallSeconds, timeoutSeconds).rounded(.up)
        configuration.timeoutIntervalForResource = timeoutSeconds.rounded(.up)
        let session = URLSession(
            configuration: configuration, delegate: transfer, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        session.dataTask(with: url).resume()
        // The session's own timeouts do not cover every phase (name look-up), this clock does.
        let start = time.seconds()
        let deadline = start + timeoutSeconds
        var lastReceived = 0
        var lastChange = start
        while transfer.finished.wait(timeout: .now() + min(0.1, timeoutSeconds)) == .timedOut {
            let (received, total) = transfer.progress
            let now = time.seconds()
            if received != lastReceived {
                lastReceived = received
                lastChange = now
                progress(received, total)
            }
            if now >= deadline {
                throw failure(.timeout(seconds: timeoutSeconds))
            }
            if now >= lastChange + stallSeconds {
                throw failure(.timeout(seconds: stallSeconds))
            }
        }
        switch transfer.outcome {
        case .success(let body):
            progress(body.count, body.count)
            return body
        case .failure(.timeout):
            throw failure(.timeout(seconds: min(stallSeconds, timeoutSeconds)))
        case .failure(let reason): throw failure(reason)
        }
    }

    private func failure(_ reason: FetchFailure.Reason) -> FetchFailure {
        FetchFailure(url: url.absoluteString, reason: reason)
    }
}

extension FetchFailure.Reason: Error {}

/// What the session's own thread writes and the waiting one reads.
private final class Transfer: NSObject, URLSessionDataDelegate, Sendable {
    private struct State {
        var body: [UInt8] = []
        var total: Int?
        var reason: FetchFailure.Reason?
    }

    let finished = DispatchSemaphore(value: 0)
    private let sizeLimit: Int
    private let state = Mutex(State())

    init(sizeLimit: Int) { self.sizeLimit = sizeLimit }

    var progress: (received: Int, total: Int?) {
        state.withLock { ($0.body.count, $0.total) }
    }

    var outcome: Result<[UInt8], FetchFailure.Reason> {
        state.withLock { state in state.reason.map { .failure($0) } ?? .success(state.body) }
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        let announced = response.expectedContentLength
        let goesOn = state.withLock { state in
            state.total = announced > 0 ? Int(announced) : nil
            if status != 200 {
                state.reason = .status(status)
            } else if announced > Int64(sizeLimit) {
                state.reason = .tooLarge(limit: sizeLimit)
            }
            return state.reason == nil
        }
        completionHandler(goesOn ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let goesOn = state.withLock { state in
            guard state.reason == nil else { return false }
            if data.count > sizeLimit - state.body.count {
                state.reason = .tooLarge(limit: sizeLimit)
                return false
            }
            state.body.append(contentsOf: data)
            return true
        }
        if !goesOn { dataTask.cancel() }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
        if let error {
            state.withLock { state in
                // What was decided here comes first: a cancelled task also ends with an error.
                if state.reason != nil { return }
                state.reason =
                    (error as? URLError)?.code == .timedOut
                    ? .timeout(seconds: 0) : .connection(Self.words(for: error))
            }
        }
        finished.signal()
    }

    private static func words(for error: any Error) -> String {
        switch (error as? URLError)?.code {
        case .cannotConnectToHost?: "no connection to the host"
        case .cannotFindHost?, .dnsLookupFailed?: "the host's name is not known"
        case .networkConnectionLost?: "the connection broke"
        case .notConnectedToInternet?: "there is no network"
        case .secureConnectionFailed?, .serverCertificateUntrusted?,
            .serverCertificateHasBadDate?, .serverCertificateHasUnknownRoot?:
            "no secure connection to the host"
        case .badServerResponse?, .cannotParseResponse?: "the answer is no HTTP"
        case let code?: "error \(code.rawValue) of the connection"
        case nil: "the connection failed"
        }
    }
}
