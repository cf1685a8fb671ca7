import CKernels

extension ck_window {
    /// How a window slides over an image.
    /// - Throws: `LayerError` where sizes are none, and where the window has no place.
    init(
        _ window: Extent2D, strides: Extent2D, padding: Padding, over input: FeatureShape
    ) throws(LayerError) {
        guard case .image(let height, let width, let channels) = input else {
            throw .needsImage(found: input)
        }
        try input.check()
        for extent in [window, strides] {
            guard extent.height >= 1, extent.width >= 1 else {
                throw .sizeNotPositive(extent.description)
            }
            try LayerError.require(extent.height)
            try LayerError.require(extent.width)
        }
        let placed = ck_window(
            window, strides: strides, padding: padding, height: height, width: width,
            channels: channels)
        guard placed.out_h > 0, placed.out_w > 0, window.height * window.width <= 65536 else {
            throw .windowTooLarge(window: window, found: input)
        }
        self = placed
    }

    /// The same over an image that is known to have room for it. Allocates nothing.
    init(
        _ window: Extent2D, strides: Extent2D, padding: Padding, height: Int, width: Int,
        channels: Int
    ) {
        let rows = Self.slide(height, window.height, strides.height, padding)
        let columns = Self.slide(width, window.width, strides.width, padding)
        self.init(
            in_h: Int32(height), in_w: Int32(width), channels: Int32(channels),
            window_h: Int32(window.height), window_w: Int32(window.width),
            stride_h: Int32(strides.height), stride_w: Int32(strides.width),
            pad_top: Int32(rows.padding), pad_left: Int32(columns.padding),
            out_h: Int32(rows.count), out_w: Int32(columns.count))
    }

    /// Positions of a window along one side, and the padding before the first.
    private static func slide(
        _ size: Int, _ window: Int, _ stride: Int, _ padding: Padding
    ) -> (count: Int, padding: Int) {
        switch padding {
        case .valid:
            return (size < window ? 0 : (size - window) / stride + 1, 0)
        case .same:
            let count = (size + stride - 1) / stride
            return (count, max(0, (count - 1) * stride + window - size) / 2)
        }
    }

    /// Calls `body` with each position of the window, row by row, and the rows and columns of the image that
    /// lie under it.
    @inline(__always)
    func forEachPosition(
        _ body: (_ position: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void
    ) {
        for i in 0..<Int(out_h) {
            let top = i * Int(stride_h) - Int(pad_top)
            let rows = max(top, 0)..<min(top + Int(window_h), Int(in_h))
            for j in 0..<Int(out_w) {
                let left = j * Int(stride_w) - Int(pad_left)
                body(
                    i * Int(out_w) + j, rows, max(left, 0)..<min(left + Int(window_w), Int(in_w)))
            }
        }
    }

    /// The image that it leaves, of so many channels.
    func output(channels: Int) -> FeatureShape {
        .image(height: Int(out_h), width: Int(out_w), channels: channels)
    }
}
