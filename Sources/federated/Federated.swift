import ArgumentParser
import Tensors

@main
struct Federated: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "federated")
    func run() throws {
        var s = RandomStream(RandomKey(seed: 1, purpose: .benchmark))
        for _ in 0..<4 { print(s.next()) }
        for _ in 0..<4 { print(s.nextUniform()) }
        let x: UInt64 = s.next()
        print(x.multipliedFullWidth(by: 7))
        for _ in 0..<4 { print(s.next(below: 7)) }
    }
}
