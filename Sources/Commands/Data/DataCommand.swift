import ArgumentParser
import Datasets
import Terminal

/// `federated data`: fetches MNIST where it is missing and says what is there.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Fetch MNIST once, and say which data is where.")

    @OptionGroup var folder: DataFolder

    func run() throws {
        let console = Console(quiet: false)
        let locator = DatasetLocator(dataDirectory: folder.dataDir)
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
}
