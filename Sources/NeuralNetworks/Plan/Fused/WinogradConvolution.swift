import CKernels
import Tensors

/// A convolution at stride 1 by Winograd, and its gradients: see `ck_winograd_convolution`.
struct WinogradConvolution: Sendable {
    private let window: ck_window
    private let filters: Int
    private let there: ck_winograd
    /// The convolution that makes the input's gradient of the output's.
    private let back: ck_winograd
    /// A kernel at the 36 points, or its gradient.
    private let points: ArenaRegion
    /// The same in inputs and outputs of some tiles.
    private let tileInputs: ArenaRegion
    private let tileOutputs: ArenaRegion

    init(
        _ window: ck_window, filters: Int, side: Int, isTraining: Bool, arena: inout ArenaPlan,
        scratch: inout SparePlaces
    ) {
        self.window = window
        self.filters = filters
        let channels = Int(window.channels)
        there = Self.geometry(
            side: side, channels: channels, filters: filters, from: (window.in_h, window.in_w),
            to: (window.out_h, window.out_w), padding: (window.pad_top, window.pad_left))
        back = Self.geometry(
            side: side, channels: filters, filters: channels, from: (window.out_h, window.out_w),
            to: (window.in_h, window.in_w),
            padding: (
                window.window_h - 1 - window.pad_top, window.window_w - 1 - window.pad_left
            ))
        points = scratch.take(36 * there.u_stride, from: &arena)
        let stride = isTraining ? max(there.v_stride, back.v_stride) : there.v_stride
        let outputStride = isTraining ? max(there.m_stride, back.m_stride) : there.m_stride
        tileInputs = scratch.take(36 * stride, from: &arena)
        tileOutputs = scratch.take(36 * outputStride, from: &arena)
    }

    /// What is in use during a pass only.
    var scratch: [ArenaRegion] { [points, tileInputs, tileOutputs] }

    private static func geometry(
        side: Int, channels: Int, filters: Int, from: (Int32, Int32), to: (Int32, Int32),
        padding: (Int32, Int32)
    ) -> ck_winograd {
        let (height, width) = (Int(to.0), Int(to.1))
        let tiles = Int(CK_WINOGRAD_TILES)
        // A cache line or more between the points, or they would share the same few sets of it.
        return ck_winograd(
            channels: channels, filters: filters, in_h: Int(from.0), in_w: Int(from.1),
            out_h: height, out_w: width, tiles_h: (height + side - 1) / side,
            tiles_w: (width + side - 1) / side, u_stride: channels * filters + 16,
            v_stride: tiles * channels + 16, m_stride: tiles * filters + 64, side: Int32(side),
            pad_top: padding.0, pad_left: padding.1)
    }

    func forward(
        _ pass: Pass, _ images: UnsafePointer<Float>, _ kernel: UnsafePointer<Float>,
        bias: UnsafePointer<Float>, relu: Bool, _ y: UnsafeMutablePointer<Float>
    ) {
        let arena = pass.arena
        withUnsafePointer(to: there) {
            ck_winograd_kernel($0, kernel, arena[points])
            ck_winograd_convolution(
                $0, pass.count, images, arena[points], bias, relu ? 1 : 0, 0, arena[tileInputs],
                arena[tileOutputs], y)
        }
    }

    /// Writes the input's gradient, or adds it.
    func inputGradient(
        _ pass: Pass, _ kernel: UnsafePointer<Float>, turned: UnsafeMutablePointer<Float>,
        _ dy: UnsafePointer<Float>, adds: Bool, _ dx: UnsafeMutablePointer<Float>
    ) {
        let arena = pass.arena
        ck_turn_kernel(
            kernel, Int(window.window_h * window.window_w), there.channels, filters, turned)
        withUnsafePointer(to: back) {
            ck_winograd_kernel($0, turned, arena[points])
            ck_winograd_convolution(
                $0, pass.count, dy, arena[points], nil, 0, adds ? 1 : 0, arena[tileInputs],
                arena[tileOutputs], dx)
        }
    }

    /// Adds the kernel's gradient, scaled, to `kernel`, and the bias's to `bias`.
    func addGradient(
        _ pass: Pass, _ images: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        _ kernel: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>
    ) {
        let arena = pass.arena
        let sum = arena[points]
        sum.update(repeating: 0, count: 36 * there.u_stride)
        withUnsafePointer(to: there) {
            ck_winograd_gradient(
                $0, pass.count, images, dy, arena[tileInputs], arena[tileOutputs], sum, bias)
            ck_add_winograd_kernel($0, sum, pass.scale, kernel)
        }
    }
}
