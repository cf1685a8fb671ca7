import Experiments
import Foundation
import TestSupport
import TestThreads
import Testing

@Suite("Tables that other programs have saved", .holdsItsThread)
struct CSVTextTests {
    private static let header = "seed,words,accuracy"
    private static let rows = ["1,\"a, \"\"b\"\"\",0.5", "2,,", "3,x,0.25"]

    private func read(_ text: String) throws -> CSVText? {
        try CSVText(Array(text.utf8), header: Self.header)
    }

    @Test("Rows are ours again, and are added in the file's own way")
    func forms() throws {
        for (text, added) in [
            ("seed,words,accuracy\n1,\"a, \"\"b\"\"\",0.5\n2,,\n3,x,0.25\n", "4,\"y, z\",1\n"),
            (
                "\u{FEFF}seed,words,accuracy\r\n1,\"a, \"\"b\"\"\",0.5\r\n2,,\r\n3,x,0.25\r\n,,\r\n\r\n",
                "4,\"y, z\",1\r\n"
            ),
            (
                "accuracy,seed,words\n0.5,1,\"a, \"\"b\"\"\"\n,2,\n0.25,3,x\n", "1,4,\"y, z\"\n"
            ),
            (
                "seed;note;words;accuracy\n1;;\"a, \"\"b\"\"\";0.5\n2;good;;\n3;;x;0.25\n",
                "4;;y, z;1\n"
            ),
            (
                "\"seed\",\"words\",\"accuracy\"\n\"1\",\"a, \"\"b\"\"\",\"0.5\"\n2\n3,x,0.25\n",
                "4,\"y, z\",1\n"
            ),
            ("seed,words,accuracy\r1,\"a, \"\"b\"\"\",0.5\r2,,\r3,x,0.25\r", "4,\"y, z\",1\r"),
        ] {
            let table = try #require(try read(text))
            #expect(table.rows == Self.rows, "\(text.debugDescription)")
            #expect(table.line("4,\"y, z\",1") == added)
            // What is added is read as it was meant.
            let again = try #require(try read(text + added))
            #expect(again.rows == Self.rows + ["4,\"y, z\",1"])
        }
        #expect(try read("seed,words,accuracy\n1,TRUE,FALSE\n")?.rows == ["1,true,false"])
        #expect(try read("") == nil)
    }

    @Test("A table that lacks a column is another one")
    func missing() {
        #expect(throws: MissingColumn.self) { try read("seed,words\n1,2\n") }
        #expect(throws: MissingColumn.self) { try read("something else\n") }
    }

    @Test("A sweep goes on from its table after a spreadsheet had it")
    func sweep() throws {
        try Command.inTemporaryFolder { folder in
            let arguments = [
                "sweep", "--dataset", try SmallImages.write(to: folder), "--model",
                "logistic-regression", "--rounds", "1", "--epochs", "1", "--output", "out.csv",
                "--log-dir", "logs", "--seed",
            ]
            #expect(try Command.run(arguments + ["1,2"], in: folder).status == 0)
            let file = folder.appending(path: "out.csv")
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            #expect(lines.count == 3)
            // Columns turned round, a note beside them, Windows' line ends, a mark, empty rows.
            let saved = lines.enumerated().map { place, cells in
                ([place == 0 ? "note" : "mine"] + cells.reversed()).joined(separator: ",")
            }
            try Data(("\u{FEFF}" + saved.joined(separator: "\r\n") + "\r\n,,,\r\n\r\n").utf8)
                .write(to: file)
            let again = try Command.run(arguments + ["1,2,3"], in: folder)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.output.contains("2 already in out.csv"))
            let third = try Command.run(arguments + ["1,2,3"], in: folder)
            #expect(third.output.contains("3 already in out.csv"))
        }
    }
}
