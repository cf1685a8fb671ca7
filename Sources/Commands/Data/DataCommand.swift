import ArgumentParser
import Datasets
import Experiments
import JSON
import Terminal

/// `federated data`: fetches MNIST where it is missing and says what is there; of any other data, what they
/// are.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Say what data are: shape, classes, counts; without a name, fetch MNIST once.")

    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("Draw samples by class, too.", valueName: "file.png"))
    var picture: String?

    @Flag(help: "Print JSON and nothing else.")
    var json = false

    func validate() throws {
        guard data.dataset == nil else { return }
        if picture != nil || json {
            throw ValidationError(
                "\(json ? "--json" : "--picture") goes with --dataset: say of which data")
        }
        if let name = data.readingGiven.values.keys.min(),
            let option = RunSpec.setting(named: name)?.option
        {
            throw ValidationError("\(option) goes with --dataset: MNIST is read as it is")
        }
    }

    func run() throws {
        guard data.dataset == nil else { return try describe() }
        let console = Console(quiet: false)
        let locator = DatasetLocator(dataDirectory: data.dataDir)
        var inventory = locator.inventory()
        if inventory.mnistFolder == nil {
            let display = FetchDisplay(console)
            do {
                try locator.fetch { display.show($0) }
            } catch {
                display.end()
                for line in inventory.lines { console.line(line) }
                throw error
            }
            display.end()
            inventory = locator.inventory()
        }
        for line in inventory.lines { console.line(line) }
        // A folder that was named and has nothing is a mistake, whatever else there is.
        try locator.checkNamedFolders()
    }

    private func describe() throws {
        let console = Console(quiet: json)
        let found = try RunData.load(
            data.dataset, folder: data.dataDir, reading: try data.reading(), on: console)
        let summary = DatasetSummary(found)
        if picture != nil, !summary.hasPictures {
            throw ValidationError("--picture shows images by class: these data are none")
        }
        for note in found.notes { console.line(note) }
        for (fact, value) in summary.facts { console.row(fact, value) }
        if !summary.classRows.isEmpty {
            console.line()
            var table = TextTable([.left("class"), .right("to train"), .right("to test")])
            for row in summary.classRows { table.add([row.name, "\(row.train)", "\(row.test)"]) }
            table.print(console)
        }
        if let picture {
            try Picture.draw(
                [(name: "samples", json: summary.pictureJSON.encoded())], with: "plot_samples.py",
                to: picture)
            console.wrote("picture", to: picture)
        }
        if json { Console.write(summary.json.encoded() + [UInt8(ascii: "\n")]) }
    }
}
