import Commands
import Experiments
import Federation
import Foundation
import Platform
import Terminal
import TestThreads
import Testing

@Suite("Text in as many columns as there are", .holdsItsThread)
struct NarrowTextTests {
    /// A generator whose seed a failing case prints.
    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static let words = [
        "a", "of", "clients", "10,000", "dirichlet:0.5", "–", "·", "evaluation",
        "/a/path/that/has/no/space/in/it/at/all.json", "\u{1B}[1mbold\u{1B}[0m", "ä", "client's",
    ]

    @Test("Lines are no wider than told, hold the same words, and begin below each other")
    func wrapping() {
        for seed in 0..<500 {
            var random = Random(state: UInt64(seed))
            let words = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Self.words.randomElement(using: &random) ?? ""
            }
            let leading = String(
                repeating: " ", count: Int.random(in: 0...4, using: &random))
            let text = leading + words.joined(separator: " ")
            let width = Int.random(in: 10...120, using: &random)
            let hanging = Int.random(in: 0...15, using: &random)
            let lines = Text.wrapped(text, to: width, hanging: hanging)
            #expect(
                lines.flatMap { $0.split(separator: " ") }
                    == text.split(separator: " "), "seed \(seed)")
            for (index, line) in lines.enumerated() {
                let isOneWord = line.split(separator: " ").count == 1
                #expect(Text.columns(line) <= width || isOneWord, "seed \(seed): \(line)")
                if index > 0 {
                    let indent = hanging + 12 <= width ? hanging : 0
                    #expect(line.prefix { $0 == " " }.count == indent, "seed \(seed)")
                }
                #expect(index == lines.count - 1 || line.last != " ", "seed \(seed)")
            }
            #expect(Text.wrapped(text, to: nil) == [text])
        }
    }

    @Test("What fits stays as it is, spaces and all")
    func fitting() {
        for text in ["", "  a  b", " round   server accuracy      loss", "   "] {
            #expect(Text.wrapped(text, to: 80, hanging: 13) == [text])
        }
        #expect(
            Text.wrapped("  settings   one two three four five six", to: 30, hanging: 13)
                == ["  settings   one two three", "             four five six"])
    }

    @Test("Tables of any shape fit, and lose no cell")
    func tables() {
        for seed in 0..<300 {
            var random = Random(state: UInt64(seed))
            let count = Int.random(in: 1...12, using: &random)
            let columns = (0..<count).map { index -> TextTable.Column in
                Bool.random(using: &random) ? .left("h\(index)") : .right("h\(index)")
            }
            var table = TextTable(
                columns, narrow: Bool.random(using: &random) ? .stacked : .split)
            var cells: [String] = []
            for row in 0..<Int.random(in: 0...6, using: &random) {
                let line = (0..<count).map { column in
                    ["r\(row)c\(column)", "r\(row)c\(column)xxxxxxx"].randomElement(using: &random)!
                }
                cells += line
                table.add(line)
            }
            for width in [200, 120, 80, 60, 40, 32] {
                let lines = table.lines(width: width)
                #expect(
                    lines.allSatisfy { $0.text.count <= width }, "seed \(seed), width \(width)")
                let shown = Set(lines.flatMap { $0.text.split(separator: " ").map(String.init) })
                #expect(shown.isSuperset(of: cells), "seed \(seed), width \(width)")
            }
            #expect(table.lines(width: nil) == table.lines(width: 10_000))
        }
    }

    @Test("A last column of text is broken between words before a table becomes a list")
    func lastColumn() {
        var table = TextTable([.left("run"), .right("best"), .left("what differs")])
        table.add(["20260101_000000", "97.53%", "learning rate 0.1, batch size 8, epochs 5"])
        #expect(
            table.lines(width: 54).map(\.text) == [
                " run               best what differs",
                " 20260101_000000 97.53% learning rate 0.1, batch size",
                "                        8, epochs 5",
            ])
        #expect(
            table.lines(width: 40).map(\.text) == [
                "20260101_000000", "  best          97.53%",
                "  what differs  learning rate 0.1, batch", "                size 8, epochs 5",
            ])
    }

    @Test(
        "A round's line fits, and leaves clients out before numbers", arguments: [nil, 120, 80, 65])
    func rounds(width: Int?) {
        let row = RoundRow(width: width)
        #expect(
            row.heading == " round   server accuracy      loss   client accuracies    seconds")
    }

    @Test(
        "In few columns a round's line has what matters most", arguments: [64, 60, 50, 49, 40, 32])
    func narrowRounds(width: Int) {
        var log = RunLog(clientNumber: 2, experiment: 1, maxRound: 5)
        log.append(
            CommittedRound(
                record: RoundRecord(
                    round: 1,
                    clients: [0, 1].map {
                        RoundRecord.Client(
                            client: $0, sampleCount: 1,
                            evaluation: Evaluation(accuracy: 0.5, loss: 1, count: 1))
                    },
                    global: Evaluation(accuracy: 1, loss: 12.3456, count: 1)), seconds: 12345.67))
        let row = RoundRow(width: width)
        let text = row.text(0, of: log)
        #expect(row.heading.count <= width)
        #expect(text.count <= width)
        #expect(text.contains("1/5"))
        #expect(text.contains("100.00%"))
        #expect(text.contains("12.3456"))
        #expect(text.contains("50.00% – 50.00%") == (width >= 50))
    }

    @Test(
        "The line of progress keeps its time left at any width", arguments: [20, 30, 59, 79, 200])
    func progress(width: Int) {
        let line = Bar.line(
            [
                (" 12/50", .needed), (String(repeating: "█", count: 22), .wanted),
                ("10/10 clients", .spare), ("21,600 images/s", .spare), ("1:02:03 left", .needed),
            ], width: width)
        #expect(line.count <= width)
        #expect(line.hasSuffix("1:02:03 left"))
        #expect(line.hasPrefix(" 12/50"))
        #expect(line.contains("images/s") == (width >= 79))
    }
}
