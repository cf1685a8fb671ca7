import Experiments
import Synchronization
import Terminal

/// A page that shows what this process does, until it is ended.
package protocol ShownPage: Sendable {
    /// Where it is, with the token that steering takes behind it.
    var address: String { get }
    /// Lets those who watch hear how it ended, and takes the page away.
    func end()
}

extension PageOptions {
    /// Shows what `runs` does as a page, if that was asked for, and says where.
    /// - Parameters:
    ///   - command: what the page is of, as it is typed.
    ///   - quietly: whether the address is printed alone.
    package func show(
        _ runs: LiveRuns, in program: Program, command: String, on console: Console
    ) throws -> (any ShownPage)? {
        guard page else { return nil }
        let network = try program.networkPart(for: "\(command) --page")
        let shown = try network.page(of: runs, at: place)
        console.row("page", shown.address)
        if place.open, let problem = Browser.open(shown.address) { console.say(problem) }
        return shown
    }
}

/// What ends runs that are not made yet when somebody is given the means to end them.
final class StopLater: Sendable {
    private let body = Mutex<(@Sendable () -> Void)?>(nil)

    func set(_ body: @escaping @Sendable () -> Void) { self.body.withLock { $0 = body } }
    func call() { body.withLock { $0 }?() }
}
