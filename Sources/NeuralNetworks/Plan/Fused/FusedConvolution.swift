import CKernels
import Tensors

/// What a fused convolution is made of: ReLU, and perhaps pooling of 2×2 windows.
package struct FusedConvolution: Sendable {
    /// As images lie in memory, where channels that don't fill vectors are followed by zeros.
    let window: ck_window
    /// Those of the layer, then zeros that fill vectors.
    let filters: Int
    let pools: Bool
    let parameters: ConvolutionParameters

    /// - Parameters:
    ///   - window: the layer's own.
    ///   - paddedChannels: channels of the images in memory.
    ///   - paddedFilters: filters of the output in memory.
    package init(
        window: ck_window, filters: Int, pools: Bool, kernel: Int, bias: Int,
        paddedChannels: Int, paddedFilters: Int, arena: inout ArenaPlan
    ) {
        parameters = ConvolutionParameters(
            kernel: kernel, bias: bias, taps: Int(window.window_h * window.window_w),
            channels: Int(window.channels), filters: filters, paddedChannels: paddedChannels,
            paddedFilters: paddedFilters, arena: &arena)
        var padded = window
        padded.channels = Int32(paddedChannels)
        self.window = padded
        self.filters = paddedFilters
        self.pools = pools
    }

    var channels: Int { Int(window.channels) }

    /// Rows and columns after pooling.
    var pooledHeight: Int { Int(window.out_h) / 2 }
    var pooledWidth: Int { Int(window.out_w) / 2 }

    /// Floats that a sample leaves.
    var outputCount: Int {
        pools ? pooledHeight * pooledWidth * filters : window.positions * filters
    }

    var parameterCount: Int { parameters.count }
    var activationCount: Int { window.inputCount + outputCount }

    var flopsPerSample: Int { 2 * window.positions * parameters.rows * parameters.filters }

    /// Outputs of a Winograd tile in each direction, where that way forward pays: 4 for kernels of
    /// 3×3 (a quarter of the products), 2 for 5×5 (36 of 100), else nil. A rule of the shape alone,
    /// never of measurements, so that the same CPU gives the same bits.
    package var winogradSide: Int? {
        guard pools, window.window_h == window.window_w else { return nil }
        let side = window.window_h == 3 ? 4 : window.window_h == 5 ? 2 : Int.max
        return window.out_h >= side && window.out_w >= side ? side : nil
    }
}

/// Images with the border that a convolution reads beyond them, so that loops need not ask.
struct PaddedImages: Sendable {
    /// The convolution over the padded image: without padding.
    let window: ck_window
    private let source: ck_window
    /// nil where the images are as they should be.
    private let copies: ArenaRegion?

    /// - Parameter tileSide: where whole 6×6 tiles are read, how many places apart.
    init(_ shape: FusedConvolution, tileSide: Int?, batchSize: Int, arena: inout ArenaPlan) {
        source = shape.window
        var padded = source
        if let side = tileSide.map(Int32.init) {
            padded.in_h = (source.out_h + side - 1) / side * side + 6 - side
            padded.in_w = (source.out_w + side - 1) / side * side + 6 - side
        } else {
            padded.in_h = (source.out_h - 1) * source.stride_h + source.window_h
            padded.in_w = (source.out_w - 1) * source.stride_w + source.window_w
        }
        padded.pad_top = 0
        padded.pad_left = 0
        window = padded
        let isSame = padded.in_h == source.in_h && padded.in_w == source.in_w
        copies = isSame ? nil : arena.reserve(batchSize * padded.inputCount)
    }

    /// Copies the batch's images to where they have their border, which is zero from the start.
    func copy(_ pass: Pass, _ input: Activations) {
        guard let copies else { return }
        let row = Int(source.in_w) * Int(source.channels)
        for sample in 0..<pass.count {
            let from = pass.arena[input.values] + sample * source.inputCount
            let to = pass.arena[copies] + sample * window.inputCount + origin
            for y in 0..<Int(min(source.in_h, window.in_h - source.pad_top)) {
                (to + y * paddedRow).update(from: from + y * row, count: min(row, rowRoom))
            }
        }
    }

    /// A sample's image with its border.
    func image(_ pass: Pass, _ input: Activations, _ sample: Int) -> UnsafePointer<Float> {
        UnsafePointer(
            pass.arena[copies ?? input.values]
                + sample * (copies == nil ? source.inputCount : window.inputCount))
    }

    /// Whether images are copied.
    var isCopy: Bool { copies != nil }

    /// Takes the gradient of a padded image's inner part.
    func crop(_ padded: UnsafePointer<Float>, to image: UnsafeMutablePointer<Float>) {
        let row = Int(source.in_w) * Int(source.channels)
        image.update(repeating: 0, count: source.inputCount)
        for y in 0..<Int(min(source.in_h, window.in_h - source.pad_top)) {
            (image + y * row).update(
                from: padded + origin + y * paddedRow, count: min(row, rowRoom))
        }
    }

    private var paddedRow: Int { Int(window.in_w) * Int(window.channels) }
    private var origin: Int {
        (Int(source.pad_top) * Int(window.in_w) + Int(source.pad_left)) * Int(window.channels)
    }
    private var rowRoom: Int {
        (Int(window.in_w) - Int(source.pad_left)) * Int(window.channels)
    }
}

/// A region of the arena as bytes, four to a Float.
func bytes(_ region: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(region).assumingMemoryBound(to: UInt8.self)
}
