import ArgumentParser
import Experiments
import Foundation
import JSON
import Parameters
import Platform
import Terminal

/// `federated evaluate MODEL`: what a trained model gets right, and what it does not.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Test a trained model: by class, its confusions, calibration and worst mistakes.",
        discussion: """
            A run is tested on its own data, on just the samples that the run was tested on, unless \
            --dataset names others. A file is tested on all test samples of the data. The expected \
            calibration error is that of Guo et al., “On calibration of modern neural networks”, ICML \
            2017, over ten bins.
            """)

    @Argument(help: ArgumentHelp(ModelOptions.help, valueName: "model"))
    var named: String?

    @OptionGroup var options: ModelOptions

    @OptionGroup(title: "Data") var data: DataOptions

    @Option(
        help: ArgumentHelp("Draw the most confidently wrong images, too.", valueName: "file.png"))
    var picture: String?

    @Flag(help: "Print JSON and nothing else.")
    var json = false

    func run() throws {
        let console = Console(quiet: json)
        let source = try options.source(named, need: "evaluate needs a model")
        let threads = options.threads ?? availableProcessorCount()
        if source.run != nil, source.spec == nil, data.dataset == nil {
            throw ValidationError(
                "\(source.name) has no settings of this version: say its data with --dataset")
        }
        let isOwn = data.dataset == nil && source.spec != nil
        let found = try load(source, isOwn: isOwn, threads: threads, on: console)
        var model = try source.model(
            options.model, on: found.dataset.test, loss: options.loss)
        // What was typed counts more than what the file says.
        if data.readingGiven["scaling"] != nil || model.scaling == nil {
            model.scaling = found.dataset.test.scaling
        }
        let evaluation = ModelEvaluation(
            of: model, on: found, asIn: isOwn ? source.spec : nil, threads: threads)
        var picture: JSONValue?
        if self.picture != nil {
            picture = evaluation.pictureJSON
            guard picture != nil else {
                throw ValidationError(
                    evaluation.mistakeCount == 0 && !model.predictsNumbers
                        ? "--picture shows images that are taken for others: there are none"
                        : "--picture shows images that are taken for others: these samples are no images "
                            + "of classes")
            }
        }
        for note in found.notes + model.notes + notes(source, found) { console.say(note) }
        if json {
            Console.write(evaluation.json.encoded() + [UInt8(ascii: "\n")])
        } else {
            EvaluationDisplay(console).show(evaluation)
        }
        if let picture, let file = self.picture {
            try Picture.draw(
                [(name: "mistakes", json: picture.encoded())], with: "plot_mistakes.py", to: file)
            console.wrote("picture", to: file)
        }
    }

    /// The data that were named, or the run's own.
    private func load(
        _ source: ModelSource, isOwn: Bool, threads: Int, on console: Console
    ) throws -> RunData {
        guard isOwn else {
            return try RunData.load(
                data.dataset, folder: data.dataDir, reading: try data.reading(), threads: threads,
                on: console)
        }
        if let name = data.readingGiven.values.keys.min(),
            let option = RunSpec.setting(named: name)?.option
        {
            throw ValidationError(
                "\(option) goes with --dataset: a run's own data are read as they were")
        }
        let found = try RunData.shown(console) { progress in
            guard
                let data = try source.data(
                    folder: data.dataDir, threads: threads, progress: progress)
            else { preconditionFailure("a run with settings has data") }
            return data
        }
        return found
    }

    private func notes(_ source: ModelSource, _ found: RunData) -> [String] {
        guard source.run == nil, let trained = source.metadata.data,
            trained != RunInputs.text(found.dataset.fingerprint)
        else { return [] }
        return ["\(source.name) was trained on other data than \(found.dataset.origin)"]
    }
}
