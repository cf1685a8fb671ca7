import TestThreads
import Testing
import Datasets

/// A table as text, read from a file of its own.
private func read(
    _ text: String, _ options: DatasetOptions = DatasetOptions(), named name: String = "table.csv"
) throws -> (dataset: Dataset, notes: [String]) {
    let folder = TemporaryFolder()
    var notes: [String] = []
    let path = try folder.write(Array(text.utf8), to: name)
    let dataset = try Dataset(table: path, options: options, notes: &notes)
    return (dataset, notes)
}

/// The sentence that a table is refused with, its folder left out.
private func refusal(
    _ bytes: [UInt8], _ options: DatasetOptions = DatasetOptions(), also other: String? = nil
) throws -> String? {
    let folder = TemporaryFolder()
    let path = try folder.write(bytes, to: "t.csv")
    if let other { try folder.write(Array(other.utf8), to: "t-test.csv") }
    var notes: [String] = []
    return failure { () throws(DatasetError) in
        _ = try Dataset(table: path, options: options, notes: &notes)
    }?.description.replacing(folder.path + "/", with: "")
}

private func refusal(
    _ text: String, _ options: DatasetOptions = DatasetOptions(), also other: String? = nil
) throws -> String? {
    try refusal(Array(text.utf8), options, also: other)
}

/// Numbers of a row of features.
private func row(_ samples: Samples, _ index: Int) -> [Float] {
    Array(samples.values[index * samples.pixelsPerImage..<(index + 1) * samples.pixelsPerImage])
}

@Suite("Tables of text", .holdsItsThread) struct TableTests {
    /// Rows to train on and others to test on.
    private func divided(
        _ train: String, _ test: String, _ options: DatasetOptions = DatasetOptions()
    ) throws -> (dataset: Dataset, notes: [String]) {
        let folder = TemporaryFolder()
        var notes: [String] = []
        try folder.write(Array(train.utf8), to: "set/train.csv")
        try folder.write(Array(test.utf8), to: "set/test.csv")
        let dataset = try Dataset(table: folder.path + "/set", options: options, notes: &notes)
        return (dataset, notes)
    }

    @Test("Numbers are standardised and words one-hot, by the training rows alone")
    func features() throws {
        let (dataset, notes) = try divided(
            "size,colour,label\n1,red,no\n3,blue,yes\n5,?,no\n",
            "size,colour,label\n7,red,yes\n,green,no\n3,,no\n")
        #expect(dataset.name == "set")
        #expect(
            dataset.featureNames == ["size", "colour=?", "colour=blue", "colour=red"])
        #expect(dataset.classNames == ["no", "yes"])
        #expect(dataset.train.shape == [4] && dataset.train.isVector)
        #expect(dataset.train.labels == [0, 1, 0] && dataset.test.labels == [1, 0, 0])
        let step = (8.0 / 3).squareRoot()
        #expect(row(dataset.train, 0) == [Float(-2 / step), 0, 0, 1])
        #expect(row(dataset.train, 1) == [0, 0, 1, 0])
        #expect(row(dataset.train, 2) == [Float(2 / step), 1, 0, 0])
        #expect(row(dataset.test, 0) == [Float(4 / step), 0, 0, 1])
        // An unknown number is the mean; of a word that no training row has, nothing is set.
        #expect(row(dataset.test, 1) == [0, 0, 0, 0])
        #expect(row(dataset.test, 2) == [0, 1, 0, 0])
        #expect(
            notes == [
                "1 number is not known: each is taken as the mean of its column",
                "1 word of test rows is in no training row, the first “green” of column “colour”: "
                    + "none of the column's features is set for them",
            ])
        #expect(dataset.owners == nil)
    }

    @Test("Marks, separators, line ends and spaces, as RFC 4180 and spreadsheets have them")
    func text() throws {
        let plain = try read("a,b,label\n1,x,0\n2,y,1\n3,x,0\n4,y,1\n5,x,1\n").dataset
        for text in [
            "a\tb\tlabel\r\n1\tx\t0\r\n2\ty\t1\r\n3\tx\t0\r\n4\ty\t1\r\n5\tx\t1\r\n",
            "a;b;label\n1;x;0\n2;y;1\n3;x;0\n4;y;1\n5;x;1",
            "\u{FEFF}a,b,label\r1,x,0\r2,y,1\r3,x,0\r4,y,1\r5,x,1\r",
            "\"a\", b ,\"label\"\n\n 1 , \"x\" ,0\n+2,\"y\",1.0\n3e0,x,0\n0.4e1,y,1\n\n5.,x,1\n\n",
        ] {
            let other = try read(text).dataset
            #expect(other.train.values == plain.train.values, "\(text)")
            #expect(other.train.labels == plain.train.labels, "\(text)")
            #expect(other.featureNames == plain.featureNames, "\(text)")
            #expect(other.classNames == ["0", "1"])
        }
    }

    @Test("A word may hold separators, line ends and doubled marks")
    func quoted() throws {
        let words = ["say \"\"it\"\"", "one,\ntwo\r\nthree", "", "é;"]
        let rows = words.map { "\"\($0)\",1,0\n\"\($0)\",2,1\n" }.joined()
        let (dataset, _) = try divided("w,n,label\n" + rows, "w,n,label\n" + rows)
        #expect(
            dataset.featureNames == [
                "w=?", "w=one,\ntwo\r\nthree", "w=say \"it\"", "w=é;", "n",
            ])
        #expect(dataset.train.count == 8)
    }

    @Test("A table that is larger than a piece of what is read at once is read alike")
    func pieces() throws {
        var text = "a,b,word,label\n"
        for row in 0..<60_000 {
            text += "\(row % 97).\(row % 10),\(row),\"w \"\"\(row % 7)\"\"\n,\",\(row % 3)\n"
        }
        #expect(text.utf8.count > 1 << 20)
        let folder = TemporaryFolder()
        let plain = try folder.write(Array(text.utf8), to: "p.csv")
        let packed = try folder.write(gzip(Array(text.utf8)), to: "q.csv.gz")
        var notes: [String] = []
        let one = try Dataset(table: plain, notes: &notes)
        let two = try Dataset(table: packed, notes: &notes)
        #expect(one.train.count == 48_000 && one.test.count == 12_000)
        #expect(one.fingerprint == two.fingerprint)
        #expect(one.featureNames.count == 9)
        #expect(one.classNames == ["0", "1", "2"])
        #expect(two.name == "q")
    }

    @Test("Numbers are read as the C library reads them")
    func numbers() throws {
        // Standardised with mean 0 and deviation 1 by construction, so that they stand there as they are.
        let texts = [
            "0.1", "-0.30000000000000004", "1e-300", "123456789012345678901234567890e-30",
            "4.9e-324", "0.000000000000000000000000000001e30", "00012.5e-1", ".5", "-.5E+0",
        ]
        for text in texts {
            let value = try #require(Double(text.hasPrefix(".") ? "0" + text : text))
            let (dataset, _) = try divided(
                "a,label\n1,0\n-1,1\n", "a,label\n\(text),0\n-1,1\n")
            #expect(dataset.test.values[0] == Float(value), "\(text)")
        }
    }

    @Test("Where words come late, the numbers before them are words")
    func lateWords() throws {
        let (dataset, _) = try divided(
            "a,b,label\n1,1,0\n1.0,2,1\n", "a,b,label\nx,3,0\n1,4,1\n")
        #expect(dataset.featureNames == ["a=1", "a=1.0", "b"])
        // nan is a word for what nobody knows, inf is a word like another.
        let words = try divided(
            "a,label\nnan,0\nNA,1\nx,0\ninf,0\n", "a,label\n?,0\n,1\n"
        ).dataset
        #expect(words.featureNames == ["a=?", "a=inf", "a=x"])
        #expect(words.test.values == [1, 0, 0, 1, 0, 0])
    }

    @Test("Labels: words and few whole numbers are classes, other numbers are targets")
    func labels() throws {
        func rows(_ labels: [String]) -> String {
            "a,target\n" + labels.map { "1,\($0)\n2,\($0)\n" }.joined()
        }
        let words = try divided(rows(["b", "a", "10"]), rows(["c"])).dataset
        #expect(words.classNames == ["10", "a", "b", "c"])
        #expect(words.train.labels == [2, 2, 1, 1, 0, 0] && words.test.labels == [3, 3])
        let whole = try divided(rows(["10", "9", "2"]), rows(["9.0"])).dataset
        #expect(whole.classNames == ["2", "9", "10"])
        #expect(whole.train.labels == [2, 2, 1, 1, 0, 0] && whole.test.labels == [1, 1])
        for labels in [["0.5", "1"], ["-1", "1"], (0...100).map { "\($0)" }] {
            let numbers = try divided(rows(labels), rows(["7"])).dataset
            #expect(numbers.train.targetCount == 1 && numbers.classNames.isEmpty)
            #expect(numbers.train.targets[0] == Float(labels[0]))
            #expect(numbers.test.targets == [7, 7])
        }
        #expect(try divided(rows((0..<100).map { "\($0)" }), rows(["7"])).dataset.classCount == 100)
    }

    @Test("The label is found by its usual names, or by the one that is given")
    func labelColumn() throws {
        let table = "y,Class,a\n0,u,1\n1,v,2\n0,u,3\n1,v,4\n0,u,5\n"
        #expect(try read(table).dataset.classNames == ["u", "v"])
        let other = try read(table, DatasetOptions(labelColumn: "y")).dataset
        #expect(other.classNames == ["0", "1"])
        #expect(other.featureNames == ["Class=u", "Class=v", "a"])
    }

    @Test("A part of the rows is set aside for testing, the same each time")
    func split() throws {
        let table = "a,label\n" + (0..<50).map { "\($0),\($0 % 2)\n" }.joined()
        let (dataset, notes) = try read(table)
        #expect(dataset.train.count == 40 && dataset.test.count == 10)
        #expect(try read(table).dataset.fingerprint == dataset.fingerprint)
        #expect(notes.count == 1 && notes[0].contains("10 of its 50, drawn at random"))
        let half = try read(table, DatasetOptions(testFraction: 0.5)).dataset
        #expect(half.train.count == 25)
        for fraction in [0, 1, -0.5, Double.nan] {
            #expect(throws: DatasetError.self) {
                try read(table, DatasetOptions(testFraction: fraction))
            }
        }
    }

    // MARK: Refusals

    @Test("What is no table is refused with its place")
    func badText() throws {
        for (text, sentence) in [
            ("", "t.csv is empty: expected a line of column names, then rows"),
            ("\n\n", "t.csv is empty: expected a line of column names, then rows"),
            ("a,label\n", "t.csv has a heading but no rows"),
            ("a,label\n1,0\n2\n", "t.csv, line 3 has 1 cell, but the heading has 2 columns"),
            (
                "a,label\n1,0\n\"x\ny\",0\n2,1,3\n",
                "t.csv, line 5 has 3 cells, but the heading has 2 columns"
            ),
            (
                "a,label\n1,0\n\"2,1\n3,0\n",
                "t.csv, line 3, cell 1 begins with a quotation mark that nobody closes"
            ),
            (
                "a,label\n1,\"0\" x\n",
                "t.csv, line 2, cell 2 goes on behind its closing quotation mark: a mark within a "
                    + "cell is doubled"
            ),
            ("a,a,label\n1,2,0\n", "t.csv, line 1: columns 1 and 2 are both called “a”"),
            (
                "a,,label\n1,2,0\n",
                "t.csv, line 1: column 2 has no name: name it, or leave it out where it only counts "
                    + "the rows"
            ),
            (
                "a,b\n1,2\n",
                "t.csv does not say which column is to be predicted, as none is called label, "
                    + "class, target or y: name one with --label, of a, b"
            ),
            ("label\n1\n", "t.csv has no column to predict the label from"),
            (
                "a,label\n1,0\n2,\n",
                "t.csv, line 3: the label, column “label”, is not known: each row needs one"
            ),
            (
                "a,label\n1,x\n2,?\n",
                "t.csv, line 3: the label, column “label”, is not known: each row needs one"
            ),
            (
                "a,label\n1,0\nNaN,1\n",
                "t.csv, line 3, column “a” is “NaN”, but numbers are finite; an empty cell is an "
                    + "unknown one"
            ),
            (
                "a,label\n1,0\n-inf,1\n",
                "t.csv, line 3, column “a” is “-inf”, but numbers are finite; an empty cell is an "
                    + "unknown one"
            ),
            (
                "a,label\n1e999,0\n2,1\n",
                "t.csv, line 2, column “a” is “1e999”, but numbers are finite; an empty cell is an "
                    + "unknown one"
            ),
            (
                "a,label\n1,inf\n2,1\n",
                "t.csv, line 2, column “label” is “inf”, but numbers are finite; an empty cell is "
                    + "an unknown one"
            ),
            (
                "a,label\n1,u\n2,u\n",
                "t.csv has “u” in all rows of its label, column “label”: there is nothing to tell "
                    + "apart"
            ),
        ] {
            #expect(try refusal(text) == sentence)
        }
    }

    @Test("What is no UTF-8 is refused")
    func badBytes() throws {
        let heading = Array("a,label\n".utf8)
        #expect(
            try refusal(heading + [0xE9, 0x2C, 0x30, 0x0A])
                == "t.csv, line 2, column “a” is not UTF-8: save the table as UTF-8")
        #expect(
            try refusal([0xE9] + heading)
                == "t.csv, line 1 is not UTF-8: save the table as UTF-8")
        #expect(
            try refusal([0xFF, 0xFE, 0x61, 0x00])
                == "t.csv, line 1 is not UTF-8: save the table as UTF-8")
        #expect(try refusal([UInt8](repeating: 0, count: 100))?.contains("label") == true)
    }

    @Test("Columns that are asked for and not there, or not apart")
    func columns() throws {
        let table = "a,b,label\n1,2,0\n2,3,1\n"
        #expect(
            try refusal(table, DatasetOptions(labelColumn: "c"))
                == "t.csv has no column “c” for the label: it has a, b, label")
        #expect(
            try refusal(table, DatasetOptions(clientColumn: "who"))
                == "t.csv has no column “who” for the client: it has a, b, label")
        #expect(
            try refusal(table, DatasetOptions(labelColumn: "a", clientColumn: "a"))
                == "the column “a” cannot be both the label and the client")
        #expect(
            try refusal(table, also: "a,c,label\n1,2,0\n")
                == "t-test.csv has “c” as column 2, but t.csv has “b”")
        #expect(
            try refusal(table, also: "a,b\n1,2\n")
                == "t-test.csv lacks the column “label” that t.csv has")
        #expect(
            try refusal(table, also: "a,b,label,d\n1,2,0,4\n")
                == "t-test.csv has a column “d”, which t.csv has not")
        #expect(try refusal(table, also: "a,b,label\n") == "t-test.csv has a heading but no rows")
    }

    @Test("Too many words, cells and bytes are refused before they fill the memory")
    func limits() throws {
        let words = "a,label\n" + (0...16_384).map { "w\($0),\($0 % 2)\n" }.joined()
        #expect(
            try refusal(words)
                == "t.csv, line 16386: column “a” has more than 16384 different words")
        let wide = (0..<70_000).map { "c\($0)" }.joined(separator: ",")
        #expect(
            try refusal(wide) == "t.csv, line 1 has more than the 65536 cells that are read at most"
        )
        let open = "a,label\n\"" + String(repeating: "x", count: 20_000_000)
        #expect(
            try refusal(open)
                == "t.csv, line 2 begins a row of more than 16777216 bytes: is a quotation mark not "
                + "closed?")
    }

    @Test("A file that is not there, and one that is cut")
    func files() throws {
        let folder = TemporaryFolder()
        let whole = gzip(Array("a,label\n1,0\n2,1\n".utf8))
        let path = try folder.write(Array(whole.dropLast(9)), to: "t.csv.gz")
        var notes: [String] = []
        #expect(
            failure { () throws(DatasetError) in _ = try Dataset(table: path, notes: &notes) }
                == .truncatedGzip(file: path))
        #expect(
            failure { () throws(DatasetError) in
                _ = try Dataset(table: folder.path + "/none.csv", notes: &notes)
            }
                == .unreadable(
                    file: folder.path + "/none.csv", reason: "No such file or directory"))
    }
}
