// A run that is kept round by round, so that it can go on after a kill, and what its store says of it.
import Foundation
import SwiftFederated

let folder = FileManager.default.temporaryDirectory.appending(path: "kept-\(UUID())")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
let store = try RunStore(path: folder.appending(path: "federated.sqlite").path)
var spec = RunSpec()
spec.dataset = "digits"
spec.model = .logisticRegression
spec.epochs = 1

let run = try ExperimentRun(spec)
let recorder = try RunRecorder(run, store: store, logs: LogDirectory(folder))
let kept = try recorder.end(run.run(keeping: recorder))
for stored in try store.runs() {
    print(stored.outcome, stored.roundCount, "rounds", stored.lastAccuracy ?? 0)
}
print(kept.file?.lastPathComponent ?? "", try store.rounds(of: recorder.name).count)
try FileManager.default.removeItem(at: folder)
