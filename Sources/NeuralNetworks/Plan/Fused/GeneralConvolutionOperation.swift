import CKernels
import Tensors

/// A convolution of many channels, bias and perhaps ReLU, with nothing behind it: any kernel, stride and
/// padding. By Winograd where that pays, both ways and for the kernel's gradient, else product by product.
///
/// Channels and filters fill whole vectors.
package struct GeneralConvolutionOperation: Operation {
    package let name: String
    let window: ck_window
    let filters: Int
    let relu: Bool
    /// Offsets of kernel [kh][kw][c_in][c_out] and bias in the parameters.
    let kernel: Int
    let bias: Int
    let input: Activations
    let output: Activations
    private let method: Method
    /// The kernel for the way back, [kh][kw][c_out][c_in], the last place first.
    private let turned: ArenaRegion?
    private let biasGradient: ArenaRegion

    private enum Method: Sendable {
        case winograd(WinogradConvolution)
        case products(ProductConvolution)
    }

    init(
        name: String, window: ck_window, filters: Int, relu: Bool, kernel: Int, bias: Int,
        input: Activations, output: Activations, isTraining: Bool, arena: inout ArenaPlan,
        scratch: inout SparePlaces
    ) {
        self.name = name
        self.window = window
        self.filters = filters
        self.relu = relu
        self.kernel = kernel
        self.bias = bias
        self.input = input
        self.output = output
        if let side = Self.winogradSide(window) {
            method = .winograd(
                WinogradConvolution(
                    window, filters: filters, side: side, isTraining: isTraining, arena: &arena,
                    scratch: &scratch))
        } else {
            method = .products(
                ProductConvolution(window, filters: filters, isTraining: isTraining, arena: &arena))
        }
        turned = isTraining ? scratch.take(window.elements * filters, from: &arena) : nil
        // Nothing of them is needed from one pass to the next.
        if let turned { scratch.give(turned) }
        if case .winograd(let winograd) = method {
            for region in winograd.scratch { scratch.give(region) }
        }
        biasGradient = arena.reserve(filters)
    }

    /// Outputs of a Winograd tile in each direction, where that way pays: see
    /// `FusedConvolution.winogradSide`.
    package static func winogradSide(_ window: ck_window) -> Int? {
        guard window.stride_h == 1, window.stride_w == 1, window.window_h == window.window_w
        else { return nil }
        let side = window.window_h == 3 ? 4 : window.window_h == 5 ? 2 : Int.max
        return window.out_h >= side && window.out_w >= side ? side : nil
    }

    package var flopsPerSample: Int { 2 * window.positions * window.elements * filters }
    package var parameterCount: Int { window.elements * filters + filters }
    package var activationCount: Int { window.inputCount + window.positions * filters }

    package func forward(_ pass: Pass) {
        let images = pass.arena[input.values]
        let y = pass.arena[output.values]
        switch method {
        case .winograd(let winograd):
            winograd.forward(
                pass, images, pass.parameters + kernel, bias: pass.parameters + bias, relu: relu, y)
        case .products(let products):
            products.forward(
                pass, images, pass.parameters + kernel, bias: pass.parameters + bias, relu: relu, y)
        }
    }

    package func backward(_ pass: Pass) {
        guard let target = pass.target, let region = output.gradient, let turned else { return }
        let dy = pass.arena[region]
        let rows = pass.count * window.positions
        if relu { ck_relu_backward(pass.arena[output.values], dy, dy, rows * filters) }
        let images = pass.arena[input.values]
        let sums = pass.arena[biasGradient]
        sums.update(repeating: 0, count: filters)
        let from = pass.parameters + kernel
        switch method {
        case .winograd(let winograd):
            if let gradient = input.gradient {
                winograd.inputGradient(
                    pass, from, turned: pass.arena[turned], dy, adds: input.addsGradient,
                    pass.arena[gradient])
            }
            winograd.addGradient(pass, images, dy, target + kernel, bias: sums)
        case .products(let products):
            if let gradient = input.gradient {
                products.inputGradient(
                    pass, from, turned: pass.arena[turned], dy, adds: input.addsGradient,
                    pass.arena[gradient])
            }
            products.addGradient(pass, images, dy, target + kernel)
            ck_channel_sums(dy, rows, filters, sums)
        }
        ck_axpy(pass.scale, sums, target + bias, filters)
    }
}
