import ArgumentParser
import Commands
import Experiments
import FederationServer
import Foundation
import NetworkExperiments
import Platform
import Terminal

/// `federated page`: the runs of a store in a browser.
package struct PageCommand: ProgramCommand {
    package static let configuration = CommandConfiguration(
        commandName: "page", abstract: CommandList.page,
        discussion: """
            Serves one page on this machine alone, until Ctrl-C: the list of runs, each run's own page \
            behind it, runs beside each other. It follows what other processes write into the store, \
            which may be another user's. Names, tags, notes, and what stops, pauses, resumes or extends \
            a run take the token in the address that is printed.
            """)

    @OptionGroup var reading: StoreReading
    @OptionGroup var place: PagePlace

    @Flag(help: "Print nothing but the page's address.")
    var quiet = false

    package init() {}

    package var needs: ProcessNeeds { .network(training: 1).serving }

    package func run(in program: Program) throws {
        try Ranks.requireOne("page")
        let console = Console(quiet: quiet)
        let pages = StorePages(path: reading.store)
        // What cannot be read is said here, not in the browser.
        _ = try pages.list(since: nil)
        let page = try RunningPage.begin(pages, at: place) { console.line("  \($0)") }
        let interruption = Interruption { page.stop() }
        defer { interruption.end() }
        if quiet {
            Console.write(Array("\(page.address)\n".utf8))
        } else {
            console.row("page", page.address)
            console.row("store", reading.store)
            if access(reading.store, F_OK) != 0 {
                console.line("  there is no such store yet: the first run makes it")
            }
            console.line("  until Ctrl-C")
        }
        if place.open, let problem = Browser.open(page.address) { console.say(problem) }
        try page.wait()
    }
}

extension RunningPage {
    /// Begins to serve pages where the command line says.
    static func begin(
        _ pages: some RunPages, at place: PagePlace, report: @escaping @Sendable (String) -> Void
    ) throws -> RunningPage {
        try begin(
            pages, port: place.port ?? PagePlace.usualPort, orFree: place.port == nil,
            report: report)
    }
}

extension RunningPage: ShownPage {}
