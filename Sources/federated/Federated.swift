import ArgumentParser

@main
struct Federated: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "federated")
}
