import Commands
import Foundation
import Platform
import Terminal
import TestSupport
import TestThreads
import Testing

@Suite("What is printed", .holdsItsThread)
struct PrintedTextTests {
    @Test("A line keeps the console's own styles and nothing else that does something")
    func styles() {
        let line = "\u{1B}[1mfed\u{1B}[0m \u{1B}[2Jx\u{1B}[31m\r\n\u{7} \u{1B}[2my\u{1B}[0m\u{202E}"
        #expect(
            PrintedText.line(line, styled: true)
                == "\u{1B}[1mfed\u{1B}[0m \\u{1b}[2Jx\\u{1b}[31m\\u{d}\\u{a}\\u{7} "
                + "\u{1B}[2my\u{1B}[0m\\u{202e}")
        #expect(PrintedText.line("\u{1B}[1mx", styled: false) == "\\u{1b}[1mx")
        #expect(PrintedText.line("", styled: true) == "")
    }

    @Test("No character that cannot be seen comes through a line")
    func everyCharacter() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value), scalar.isUnprintable else { continue }
            let line = PrintedText.line("a\(Character(scalar))b", styled: true)
            guard line.isPrintable else {
                Issue.record("\(value)")
                return
            }
        }
    }

    @Test("Names of files and folders are not printed as they are")
    func fileNames() throws {
        try Command.inTemporaryFolder { folder in
            let name = "no\u{1B}]0;owned\u{7}\u{202E}\u{9B}2J\nsuch"
            for arguments in [
                ["run", "--dataset", name], ["report", name], ["export", name, "--log-dir", name],
                ["run", "--partition", "csv:\(name)", "--dataset", "digits"],
                ["serve", "--token-file", name] + Command.tiny,
                ["join", "http://127.0.0.1:1/\(name)", "--id", "1"],
                ["join", "http://127.0.0.1:1", "--id", "1", "--ca", name],
                ["show", name], ["run", "--model", name],
            ] {
                let command = try Command.run(arguments, in: folder)
                #expect(command.status != 0, "\(arguments)")
                for text in [command.output, command.errors] {
                    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                    #expect(
                        lines.joined().isPrintable,
                        "\(arguments): \(text.printable)")
                }
            }
        }
    }
}
