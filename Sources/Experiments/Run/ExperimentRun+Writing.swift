import Federation
import Foundation
import NeuralNetworks
import Parameters
import Platform

extension ExperimentRun {
    /// Writes model and log side by side, through to the disk, and returns the log's path.
    /// - Parameter earlier: logs of the same run, which go.
    package func write(
        _ log: RunLog, model: ParameterVector, nested: Bool, to directory: LogDirectory,
        replacing earlier: EarlierLogs = .none
    ) throws -> URL {
        var log = log
        let base = earlier.base(in: directory)
        let claim = try claim(base, in: directory)
        let isReplacing = claim.base == base
        log.finalWeight =
            nested
            ? .nested(model, layout: architecture.layout)
            : .file(claim.modelFile.lastPathComponent)
        let modelFile = claim.modelFile
        try SafeTensors.write(
            model, layout: architecture.layout,
            metadata: metadata(log).texts, to: modelFile)
        let file: URL
        do {
            file = try claim.write(log)
        } catch {
            if !isReplacing { unlink(modelFile.path) }
            throw error
        }
        earlier.remove(except: file)
        return file
    }

    /// What the model's file says beside its tensors.
    private func metadata(_ log: RunLog) -> ModelMetadata {
        ModelMetadata(
            model: spec.model.name, architecture: architecture,
            scaling: data.dataset.train.scaling, loss: parts.loss.kind, log: log)
    }

    /// Writes the log of a run whose store has failed, if need be without weights and model: on a disk
    /// that is full they are what does not fit.
    /// - Returns: a clause that says what there is.
    package func writeWhatFits(
        _ log: RunLog, model: ParameterVector, to directory: LogDirectory,
        replacing earlier: EarlierLogs
    ) -> (clause: String, file: URL?) {
        let count = log.serverAccuracies.count
        guard count > 0 else { return ("no round was over: there is nothing to log", nil) }
        let rounds = Text.plural(count, "round")
        if let file = try? write(
            log, model: model, nested: true, to: directory, replacing: earlier)
        {
            return ("the log of \(rounds) is \(file.relativePath)", file)
        }
        do {
            var log = log
            log.finalWeight = .none
            let claim = try claim(earlier.base(in: directory), in: directory)
            let file = try claim.write(log)
            return ("the log of \(rounds), without weights, is \(file.relativePath)", file)
        } catch {
            return ("nor is there a log: \(sentence(for: error))", nil)
        }
    }

    private func claim(_ base: String?, in directory: LogDirectory) throws -> LogClaim {
        // A name that somebody else has claimed meanwhile is left to them.
        if let base, let claim = try directory.claim(replacing: base) { return claim }
        return try directory.claim(at: started)
    }
}
