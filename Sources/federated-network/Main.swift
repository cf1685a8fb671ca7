import Commands
import NetworkCommands

/// The command with all that it can do.
@main
struct Main {
    static func main() { Program(FederatedWithNetwork.self, network: WholeNetwork()).main() }
}
