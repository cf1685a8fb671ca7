extension Samples {
    /// Pixels of a picture's side, at most.
    public static let pictureSideLimit = 64

    /// Whether samples are images that a page can show: grey or of three colours, 64 × 64 at most.
    public var arePictures: Bool {
        !isVector && targetCount == 0 && [1, 3].contains(channels)
            && height <= Self.pictureSideLimit && width <= Self.pictureSideLimit
    }

    /// A sample as PNG, as the data had it, whatever models see of it; nil where samples are no pictures,
    /// and where its Floats are not all of 0 to 1, so that nobody knows what is dark and what is bright.
    /// - Precondition: the index is in 0 ..< `count`.
    public func picture(_ index: Int) -> [UInt8]? {
        precondition(index >= 0 && index < count, "no sample \(index) among \(count)")
        guard arePictures else { return nil }
        let range = index * pixelsPerImage..<(index + 1) * pixelsPerImage
        let bytes: [UInt8]
        if values.isEmpty {
            bytes = Array(pixels[range])
        } else {
            guard values[range].allSatisfy({ (0...1).contains($0) }) else { return nil }
            bytes = values[range].map { UInt8(($0 * 255).rounded()) }
        }
        return PNGImage.encoded(bytes, height: height, width: width, channels: channels)
    }
}
