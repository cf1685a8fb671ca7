import CKernels
import Tensors

/// Convolution, bias and activation: im2col and one matrix product for a few rows of an image.
package struct ConvolutionOperation: Operation {
    package let name: String
    let window: ck_window
    let filters: Int
    let relu: Bool
    /// Offsets of kernel [kh][kw][c_in][c_out] and bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations
    /// The column matrix of `rowsAtOnce` output rows, [rows · out_w][kh · kw · c_in].
    let columns: ArenaRegion
    let rowsAtOnce: Int
    /// The gradients, summed up before they move the parameters: one rounding instead of many.
    let kernelGradient: ArenaRegion
    let biasGradient: ArenaRegion

    /// Columns of this many Floats stay in the second-level cache beside the kernel.
    private static let columnLimit = 131_072

    init(
        name: String, window: ck_window, layer: Convolution2D, kernel: Int, bias: Int,
        input: Activations, output: Activations, arena: inout ArenaPlan
    ) {
        self.name = name
        self.window = window
        filters = layer.filters
        relu = layer.activation == .relu
        self.kernel = kernel
        self.bias = bias
        self.input = input
        self.output = output
        let rowSize = Int(window.out_w) * window.elements
        let chunks = max(1, (Int(window.out_h) * rowSize + Self.columnLimit - 1) / Self.columnLimit)
        rowsAtOnce = (Int(window.out_h) + chunks - 1) / chunks
        columns = arena.reserve(rowsAtOnce * rowSize)
        kernelGradient = arena.reserve(window.elements * filters)
        biasGradient = arena.reserve(filters)
    }

    package var flopsPerSample: Int { 2 * window.positions * window.elements * filters }
    package var parameterCount: Int { window.elements * filters + filters }
    package var activationCount: Int { window.inputCount + window.positions * filters }

    package func forward(_ pass: Pass) {
        let columns = pass.arena[columns]
        for sample in 0..<pass.count {
            let image = pass.arena[input.values] + sample * window.inputCount
            let result = pass.arena[output.values] + sample * window.positions * filters
            forEachChunk { rows, first, count in
                withUnsafePointer(to: window) {
                    ck_im2col($0, image, rows.lowerBound, rows.upperBound, columns)
                }
                let y = result + first * filters
                BLAS.multiply(
                    .plain(columns), .plain(pass.parameters + kernel), into: y, m: count,
                    n: filters, k: window.elements)
                if relu {
                    ck_add_bias_relu(y, pass.parameters + bias, count, filters)
                } else {
                    ck_add_bias(y, pass.parameters + bias, count, filters)
                }
            }
        }
    }

    package func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient else { return }
        let dy = pass.arena[region]
        let positions = pass.count * window.positions
        if relu {
            ck_relu_backward(pass.arena[output.values], dy, dy, positions * filters)
        }
        if let inputGradient = input.gradient {
            putInputGradient(pass, dy: dy, dx: pass.arena[inputGradient])
        }
        addBiasGradient(pass, dy, rows: positions, columns: filters, biasGradient, at: bias)
        let columns = pass.arena[columns]
        let sum = pass.arena[kernelGradient]
        for sample in 0..<pass.count {
            let image = pass.arena[input.values] + sample * window.inputCount
            forEachChunk { rows, first, count in
                withUnsafePointer(to: window) {
                    ck_im2col($0, image, rows.lowerBound, rows.upperBound, columns)
                }
                // The first chunk of the batch begins the sum, so that nothing need be cleared.
                BLAS.multiply(
                    .transposed(columns),
                    .plain(dy + (sample * window.positions + first) * filters),
                    into: sum, m: window.elements, n: filters, k: count,
                    beta: sample == 0 && first == 0 ? 0 : 1)
            }
        }
        ck_axpy(pass.scale, sum, target + kernel, window.elements * filters)
    }

    private func putInputGradient(
        _ pass: Pass, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>
    ) {
        let columns = pass.arena[columns]
        dx.update(repeating: 0, count: pass.count * window.inputCount)
        for sample in 0..<pass.count {
            forEachChunk { rows, first, count in
                BLAS.multiply(
                    .plain(dy + (sample * window.positions + first) * filters),
                    .transposed(pass.parameters + kernel), into: columns, m: count,
                    n: window.elements, k: filters)
                withUnsafePointer(to: window) {
                    ck_col2im(
                        $0, columns, rows.lowerBound, rows.upperBound,
                        dx + sample * window.inputCount)
                }
            }
        }
    }

    /// Calls `body` with a range of output rows, the position that it begins at and how many it has.
    @inline(__always)
    private func forEachChunk(_ body: (_ rows: Range<Int32>, _ first: Int, _ count: Int) -> Void) {
        var row = 0
        while row < Int(window.out_h) {
            let end = min(row + rowsAtOnce, Int(window.out_h))
            body(
                Int32(row)..<Int32(end), row * Int(window.out_w), (end - row) * Int(window.out_w))
            row = end
        }
    }
}

extension ck_window {
    /// Floats of an input image.
    var inputCount: Int { Int(in_h) * Int(in_w) * Int(channels) }
    /// Places that the window takes.
    var positions: Int { Int(out_h) * Int(out_w) }
    /// Floats under the window.
    var elements: Int { Int(window_h) * Int(window_w) * Int(channels) }
}
