import FederationWire
import JSON

/// Runs that pages show and steer, whoever keeps them.
///
/// The methods may wait for a disk: a server calls them on threads of their own.
public protocol RunPages: Sendable {
    /// The one run that the page is about; nil for a list of runs.
    var only: String? { get }

    /// Tells one state of what is looked at from another, for as long as the process lives.
    /// - Parameter run: nil for the list.
    /// - Throws: `APIError` of code `unknown_run`.
    func version(of run: String?) throws -> Int

    /// What a run's page shows.
    /// - Throws: `APIError` of code `unknown_run`.
    func state(of run: String) throws -> RunState

    /// The list, as `GET /runs` has it.
    /// - Parameter revision: what has changed since that version of the list is enough; nil for all.
    func list(since revision: Int?) throws -> JSONValue

    /// Does what was asked for.
    /// - Returns: a sentence that says what was done.
    /// - Throws: `APIError` with a sentence that says why not.
    func perform(_ action: RunAction, on run: String) throws -> String
}
