import CKernels
import Tensors

/// Max-pooling; in training it remembers where in its window each maximum was.
package struct PoolingOperation: Operation {
    package let name: String
    let window: ck_window
    let input: Activations
    let output: Activations
    /// Two 16-bit positions to a Float of the arena.
    let places: ArenaRegion

    init(
        name: String, window: ck_window, input: Activations, output: Activations, batchSize: Int,
        arena: inout ArenaPlan
    ) {
        self.name = name
        self.window = window
        self.input = input
        self.output = output
        places = arena.reserve((batchSize * window.outputCount + 1) / 2)
    }

    package var flopsPerSample: Int { 0 }
    package var parameterCount: Int { 0 }
    package var activationCount: Int { window.inputCount + window.outputCount }

    package func forward(_ pass: Pass) {
        let places = places(pass)
        for sample in 0..<pass.count {
            withUnsafePointer(to: window) {
                ck_max_pool(
                    $0, pass.arena[input.values] + sample * window.inputCount,
                    pass.arena[output.values] + sample * window.outputCount,
                    places + sample * window.outputCount)
            }
        }
    }

    package func backward(_ pass: Pass) {
        guard let inputGradient = input.gradient, let outputGradient = output.gradient else {
            return
        }
        let dx = pass.arena[inputGradient]
        dx.update(repeating: 0, count: pass.count * window.inputCount)
        let places = places(pass)
        for sample in 0..<pass.count {
            withUnsafePointer(to: window) {
                ck_max_pool_backward(
                    $0, pass.arena[outputGradient] + sample * window.outputCount,
                    places + sample * window.outputCount, dx + sample * window.inputCount)
            }
        }
    }

    private func places(_ pass: Pass) -> UnsafeMutablePointer<UInt16> {
        UnsafeMutableRawPointer(pass.arena[places]).assumingMemoryBound(to: UInt16.self)
    }
}

extension ck_window {
    /// Floats that a window without filters (pooling) leaves of an image.
    var outputCount: Int { positions * Int(channels) }
}
