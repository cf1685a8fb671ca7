import ArgumentParser
import Datasets
import Experiments
import Foundation
import JSON

extension ResumedRun {
    /// Refuses options that were typed and say otherwise than the run's settings.
    /// - Parameters:
    ///   - typed: what was typed, or stands in a file that was named.
    ///   - given: the settings that this makes, defaults included.
    package func checkOptions(typed: GivenSettings, given: RunSpec) throws {
        for setting in RunSpec.settings where setting.name != "dataset" {
            let (mine, kept) = (setting.value(of: given), setting.value(of: spec))
            guard typed[setting.name] != nil, mine != kept else { continue }
            throw contradiction(setting.option, Self.text(mine), Self.text(kept))
        }
        guard case .string(let name)? = typed["dataset"] else { return }
        let wanted =
            if case .path(let path) = DatasetChoice(argument: name) {
                URL(fileURLWithPath: path).standardizedFileURL.path
            } else {
                name
            }
        if wanted != source.dataset { throw contradiction("--dataset", wanted, source.dataset) }
    }

    private func contradiction(_ option: String, _ found: String, _ kept: String) -> any Error {
        ValidationError(
            "\(option) is \(found), but run \(name), which is to be resumed, has \(kept): leave the "
                + "option out, or --resume")
    }

    private static func text(_ value: JSONValue) -> String {
        value == .null ? "none" : value.typed
    }
}
