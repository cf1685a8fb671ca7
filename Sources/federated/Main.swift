import Commands

/// The command without a network, which is soon built.
@main
struct Main {
    static func main() { Program(Federated.self).main() }
}
