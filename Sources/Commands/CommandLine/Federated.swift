import ArgumentParser
import Experiments

/// The command `federated` without a network, which it leaves to another program.
package struct Federated: ParsableCommand {
    package static let configuration = CommandList.configuration([
        ServeElsewhere.self, JoinElsewhere.self, FlowerNodeElsewhere.self, PageElsewhere.self,
    ])

    package init() {}
}

/// What `federated` says of itself.
package enum CommandList {
    /// The configuration of the command that has all others.
    /// - Parameter network: the commands that are of networks altogether.
    package static func configuration(
        _ network: [any ParsableCommand.Type]
    ) -> CommandConfiguration {
        CommandConfiguration(
            commandName: "federated",
            abstract:
                "Federated learning on this machine: a server and its clients in one process.",
            discussion: "Try: federated run --experiment 1", version: LibraryVersion.text,
            subcommands: [RunCommand.self] + network + [
                RunsCommand.self, LabelCommand.self, ShowCommand.self, CompareCommand.self,
                ExportCommand.self,
                ReportCommand.self, EvaluateCommand.self, PredictCommand.self, BenchCommand.self,
                SweepCommand.self, ReproduceCommand.self, ModelCommand.self, PartitionCommand.self,
                DataCommand.self, SettingsCommand.self,
            ])
    }

    package static let serve = "Serve an experiment over HTTP: clients join it."
    package static let join = "Take part in a served run as one client."
    package static let flowerNode = "Take part in a Flower federation as one node."
    package static let page = "Look at the runs of a store in a browser, and steer them."
}

// In the list of commands only: what is typed for them is left to the other program unread.

struct ServeElsewhere: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: CommandList.serve)
}

struct JoinElsewhere: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: CommandList.join)
}

struct FlowerNodeElsewhere: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flower-node", abstract: CommandList.flowerNode)
}

struct PageElsewhere: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "page", abstract: CommandList.page)
}
