import CKernels
import Tensors

/// A convolution of any kernel and stride, product by product, and its gradients.
///
/// Going back, the places of the input fall into as many phases as a stride has steps, row by row and
/// column by column: each phase is a convolution at stride 1 of the output's gradient with the part of the
/// kernel that falls on it.
struct ProductConvolution: Sendable {
    private let window: ck_window
    private let filters: Int
    private let there: ck_direct
    /// One image with its border; nil where no window reaches beyond it.
    private let bordered: BorderedImage?
    private let phases: [Phase]
    /// One output's gradient with its border.
    private let borderedGradient: BorderedImage
    /// The kernel's gradient, summed up before it moves the parameters: one rounding instead of many.
    private let sum: ArenaRegion

    /// A part of the way back.
    private struct Phase: Sendable {
        let convolution: ck_direct
        /// Where its first window begins in the gradient with its border, and its first output in the
        /// input's gradient.
        let from: Int
        let to: Int
        /// The places of the kernel that fall on it, in the order of its own windows, and where they begin
        /// among those of all phases.
        let taps: [Int]
        var first = 0
    }

    init(_ window: ck_window, filters: Int, isTraining: Bool, arena: inout ArenaPlan) {
        self.window = window
        self.filters = filters
        let channels = Int(window.channels)
        let (height, width) = (Int(window.in_h), Int(window.in_w))
        let needed = (
            height: Int((window.out_h - 1) * window.stride_h + window.window_h),
            width: Int((window.out_w - 1) * window.stride_w + window.window_w)
        )
        let (top, left) = (Int(window.pad_top), Int(window.pad_left))
        let isInside = top == 0 && left == 0 && needed.height <= height && needed.width <= width
        bordered =
            isInside
            ? nil
            : BorderedImage(
                height: height, width: width, channels: channels, top: top, left: left,
                wholeHeight: max(needed.height, height + top),
                wholeWidth: max(needed.width, width + left), arena: &arena)
        let row = (bordered?.wholeWidth ?? width) * channels
        there = ck_direct(
            channels: channels, filters: filters, kernel_h: Int(window.window_h),
            kernel_w: Int(window.window_w), out_h: Int(window.out_h), out_w: Int(window.out_w),
            in_row: row, in_step: Int(window.stride_w) * channels,
            in_down: Int(window.stride_h) * row, out_step: filters,
            out_down: Int(window.out_w) * filters)
        let rows = Self.phases(
            stride: Int(window.stride_h), window: Int(window.window_h), padding: top,
            input: height)
        let columns = Self.phases(
            stride: Int(window.stride_w), window: Int(window.window_w), padding: left,
            input: width)
        let border = (
            top: (rows.map(\.window).max() ?? 1) - 1, left: (columns.map(\.window).max() ?? 1) - 1
        )
        borderedGradient = BorderedImage(
            height: Int(window.out_h), width: Int(window.out_w), channels: filters,
            top: border.top, left: border.left,
            wholeHeight: border.top + max(Int(window.out_h), rows.map(\.end).max() ?? 0),
            wholeWidth: border.left + max(Int(window.out_w), columns.map(\.end).max() ?? 0),
            arena: &arena, isNeeded: isTraining)
        let down = borderedGradient.wholeWidth * filters
        var phases = rows.flatMap { row in
            columns.map { column in
                Phase(
                    convolution: ck_direct(
                        channels: filters, filters: channels, kernel_h: row.window,
                        kernel_w: column.window, out_h: row.count, out_w: column.count,
                        in_row: down, in_step: filters, in_down: down,
                        out_step: Int(window.stride_w) * channels,
                        out_down: Int(window.stride_h) * width * channels),
                    from: (row.firstWindow + border.top) * down
                        + (column.firstWindow + border.left) * filters,
                    to: (row.first * width + column.first) * channels,
                    taps: row.taps.flatMap { y in
                        column.taps.map { y * Int(window.window_w) + $0 }
                    })
            }
        }
        var first = 0
        for index in phases.indices {
            phases[index].first = first
            first += phases[index].taps.count
        }
        self.phases = phases
        sum = arena.reserve(isTraining ? window.elements * filters : 0)
    }

    /// Places of one axis of the input that are as far from a window's beginning.
    private struct AxisPhase {
        /// The first place, and how many there are, a stride apart.
        let first: Int
        let count: Int
        /// Where its window begins in the output, and where the last one ends.
        let firstWindow: Int
        let end: Int
        /// The places of the kernel that fall on it, the last one first.
        let taps: [Int]
        var window: Int { taps.count }
    }

    /// Input i takes from output o by the kernel's place i + padding − stride · o.
    private static func phases(
        stride: Int, window: Int, padding: Int, input: Int
    ) -> [AxisPhase] {
        (0..<stride).compactMap { phase in
            let taps = Array(Swift.stride(from: phase, to: window, by: stride).reversed())
            let first = ((phase - padding) % stride + stride) % stride
            guard first < input, !taps.isEmpty else { return nil }
            let count = (input - first + stride - 1) / stride
            let output = (first + padding - phase) / stride
            return AxisPhase(
                first: first, count: count, firstWindow: output - taps.count + 1,
                end: output + count, taps: taps)
        }
    }

    func forward(
        _ pass: Pass, _ images: UnsafePointer<Float>, _ kernel: UnsafePointer<Float>,
        bias: UnsafePointer<Float>, relu: Bool, _ y: UnsafeMutablePointer<Float>
    ) {
        withUnsafePointer(to: there) { there in
            for sample in 0..<pass.count {
                ck_convolution(
                    there, image(pass, images, sample), kernel, bias, relu ? 1 : 0, 0,
                    y + sample * window.positions * filters)
            }
        }
    }

    /// Writes the input's gradient, or adds it.
    func inputGradient(
        _ pass: Pass, _ kernel: UnsafePointer<Float>, turned: UnsafeMutablePointer<Float>,
        _ dy: UnsafePointer<Float>, adds: Bool, _ dx: UnsafeMutablePointer<Float>
    ) {
        let tap = there.channels * filters
        var next = turned
        for phase in phases {
            for from in phase.taps {
                ck_turn_kernel(kernel + from * tap, 1, there.channels, filters, next)
                next += tap
            }
        }
        // Places that no window reaches.
        let isWhole = phases.count == Int(window.stride_h * window.stride_w)
        if !adds, !isWhole { dx.update(repeating: 0, count: pass.count * window.inputCount) }
        for sample in 0..<pass.count {
            let from = borderedGradient.copy(pass, dy + sample * window.positions * filters)
            for phase in phases {
                withUnsafePointer(to: phase.convolution) {
                    ck_convolution(
                        $0, from + phase.from, turned + phase.first * tap, nil, 0, adds ? 1 : 0,
                        dx + sample * window.inputCount + phase.to)
                }
            }
        }
    }

    /// Adds the kernel's gradient, scaled, to `kernel`.
    func addGradient(
        _ pass: Pass, _ images: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
        _ kernel: UnsafeMutablePointer<Float>
    ) {
        let sum = pass.arena[sum]
        sum.update(repeating: 0, count: window.elements * filters)
        withUnsafePointer(to: there) { there in
            for sample in 0..<pass.count {
                ck_convolution_gradient(
                    there, image(pass, images, sample), dy + sample * window.positions * filters,
                    sum)
            }
        }
        ck_axpy(pass.scale, sum, kernel, window.elements * filters)
    }

    private func image(
        _ pass: Pass, _ images: UnsafePointer<Float>, _ sample: Int
    ) -> UnsafePointer<Float> {
        let image = images + sample * window.inputCount
        return bordered?.copy(pass, image) ?? image
    }
}

/// A place for one image with zeros around it.
private struct BorderedImage: Sendable {
    private let height: Int
    private let row: Int
    private let wholeRow: Int
    private let origin: Int
    let wholeWidth: Int
    private let region: ArenaRegion

    init(
        height: Int, width: Int, channels: Int, top: Int, left: Int, wholeHeight: Int,
        wholeWidth: Int, arena: inout ArenaPlan, isNeeded: Bool = true
    ) {
        self.height = height
        self.wholeWidth = wholeWidth
        row = width * channels
        wholeRow = wholeWidth * channels
        origin = (top * wholeWidth + left) * channels
        region = arena.reserve(isNeeded ? wholeHeight * wholeRow : 0)
    }

    /// Copies an image to where it has its border, which is zero from the start.
    func copy(_ pass: Pass, _ image: UnsafePointer<Float>) -> UnsafePointer<Float> {
        let whole = pass.arena[region]
        for y in 0..<height {
            (whole + origin + y * wholeRow).update(from: image + y * row, count: row)
        }
        return UnsafePointer(whole)
    }
}
