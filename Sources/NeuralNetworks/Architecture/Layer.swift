/// One layer of an architecture, with its sizes.
public enum Layer: Hashable, Sendable, Codable {
    /// 2-D convolution, [H][W][C] to [H′][W′][filters].
    case convolution(Convolution2D)
    /// Max-pooling, [H][W][C] to [H′][W′][C].
    case maxPooling(MaxPooling2D)
    /// Fully connected, [F] to [units].
    case dense(Dense)
    /// max(x, 0), of any shape.
    case relu
    /// Dropout, of any shape; nothing when a model is tested.
    case dropout(Dropout)
    /// [H][W][C] to [H·W·C], in that order, as Keras does.
    case flatten

    /// A 2-D convolution with `filters` outputs a position; see `Convolution2D`.
    public static func convolution(
        filters: Int, kernel: Extent2D, strides: Extent2D = 1, padding: Padding = .valid,
        activation: Activation = .identity
    ) -> Layer {
        .convolution(
            Convolution2D(
                filters: filters, kernel: kernel, strides: strides, padding: padding,
                activation: activation))
    }

    /// Max-pooling; strides are the window's size unless given; see `MaxPooling2D`.
    public static func maxPooling(
        _ window: Extent2D, strides: Extent2D? = nil, padding: Padding = .valid
    ) -> Layer {
        .maxPooling(MaxPooling2D(window: window, strides: strides ?? window, padding: padding))
    }

    /// A fully connected layer; see `Dense`.
    public static func dense(_ units: Int, activation: Activation = .identity) -> Layer {
        .dense(Dense(units: units, activation: activation))
    }

    /// Dropout; see `Dropout`.
    public static func dropout(_ rate: Double) -> Layer {
        .dropout(Dropout(rate: rate))
    }
}

/// 2-D convolution: y[i][j][f] = Σ x[i·s + a][j·s + b][c] · kernel[a][b][c][f] + bias[f].
///
/// Kernel [kh][kw][c_in][c_out]; as usual in the field, a cross-correlation.
public struct Convolution2D: Hashable, Sendable, Codable {
    /// c_out, channels of the output.
    public var filters: Int
    /// [kh][kw].
    public var kernel: Extent2D
    /// Rows and columns from one window to the next.
    public var strides: Extent2D
    /// What lies outside the image.
    public var padding: Padding
    /// What is done to each output.
    public var activation: Activation
}

/// The largest value of each window, channel by channel; positions outside the image don't count.
public struct MaxPooling2D: Hashable, Sendable, Codable {
    /// Rows and columns of a window.
    public var window: Extent2D
    /// Rows and columns from one window to the next.
    public var strides: Extent2D
    /// What lies outside the image.
    public var padding: Padding
}

/// y[o] = Σ x[i] · kernel[i][o] + bias[o].
public struct Dense: Hashable, Sendable, Codable {
    /// Outputs.
    public var units: Int
    /// What is done to each output.
    public var activation: Activation
}

/// In training sets each value to 0 with probability `rate` and scales the rest by 1 / (1 − rate).
///
/// Source: Srivastava et al., "Dropout", JMLR 2014, in the inverted form. Probabilities are kept
/// to 2⁻¹⁶.
public struct Dropout: Hashable, Sendable, Codable {
    /// The probability of 0, at least 0 and below 1.
    public var rate: Double
}
