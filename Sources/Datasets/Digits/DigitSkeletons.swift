/// The ways each digit is written: strokes in a square of side 1, before any randomness.
enum DigitSkeletons {
    /// `styles[digit]` holds the ways to write `digit`, each equally likely.
    static let styles: [[[DigitStroke]]] = [
        zero, one, two, three, four, five, six, seven, eight, nine,
    ]

    private static let zero: [[DigitStroke]] = [
        [
            .curve(
                54, 1, 24, 2, 17, 30, 17, 72, 28, 99, 52, 99, 78, 98, 83, 68, 83, 30, 74, 1, 50, 1)
        ],
        // Narrow.
        [
            .curve(
                52, 0, 34, 2, 27, 30, 27, 72, 36, 99, 52, 100, 68, 98, 73, 70, 72, 28, 64, 1, 50, 0)
        ],
        // Begun and ended with strokes that cross at the top.
        [
            .curve(
                64, 5, 40, -4, 18, 18, 14, 62, 26, 100, 54, 100, 82, 100, 86, 50, 78, 6, 54, 0, 34,
                14)
        ],
        // Left a little open.
        [.curve(42, 3, 18, 16, 14, 64, 24, 101, 54, 101, 84, 98, 86, 52, 80, 8, 62, 0, 46, 1)],
        // Slashed.
        [
            .curve(
                54, 1, 24, 2, 17, 30, 17, 72, 28, 99, 52, 99, 78, 98, 83, 68, 83, 30, 74, 1, 50, 1),
            .line(72, 16, 30, 84),
        ],
    ]

    private static let one: [[DigitStroke]] = [
        [.line(50, 0, 50, 100)],
        // With a serif.
        [.line(32, 22, 54, 0, 54, 100)],
        // With a serif and a foot.
        [.line(32, 20, 52, 0, 52, 100), .line(28, 100, 76, 100)],
        [.curve(56, 0, 48, 36, 54, 68, 46, 100)],
        // With a long serif.
        [.line(24, 34, 58, 0, 58, 100)],
    ]

    private static let two: [[DigitStroke]] = [
        [
            .curve(20, 22, 26, 0, 52, 0, 80, 2, 80, 30, 70, 54, 46, 76, 18, 98)
                .then(.line(18, 98, 84, 98))
        ],
        // With a loop at the foot.
        [
            .curve(
                22, 18, 34, -4, 66, -4, 84, 20, 72, 56, 42, 88, 20, 106, 8, 92, 22, 76, 46, 84, 64,
                104, 88, 92)
        ],
        // With a waved foot.
        [
            .curve(20, 24, 22, 0, 54, -2, 84, 4, 78, 36, 58, 62, 20, 97)
                .then(.curve(20, 97, 38, 82, 60, 106, 84, 90))
        ],
        // Near a Z.
        [.curve(20, 12, 50, -6, 88, 4, 76, 36, 46, 66, 18, 98).then(.line(18, 98, 80, 99))],
    ]

    private static let three: [[DigitStroke]] = [
        [
            .curve(22, 12, 36, -2, 74, -4, 84, 20, 72, 46, 44, 47)
                .then(.curve(44, 47, 82, 46, 88, 74, 76, 102, 38, 104, 18, 88))
        ],
        // With a flat top.
        [
            .line(22, 2, 76, 2, 46, 42)
                .then(.curve(46, 42, 84, 42, 87, 74, 74, 102, 36, 102, 18, 86))
        ],
        // With a small loop in the middle.
        [
            .curve(
                24, 10, 50, -8, 84, 4, 82, 38, 50, 54, 34, 48, 44, 38, 80, 46, 90, 80, 70, 106, 34,
                102, 18, 86)
        ],
    ]

    private static let four: [[DigitStroke]] = [
        // Open.
        [.line(30, 2, 20, 58, 84, 57), .line(66, 18, 64, 100)],
        // Closed, in one line.
        [.line(64, 100, 64, 0, 14, 68, 88, 68)],
        // Open and round.
        [.curve(24, 4, 14, 54, 30, 60, 72, 52), .curve(76, 2, 70, 50, 66, 100)],
        // Closed, the stem a line of its own.
        [.line(58, 0, 16, 62, 86, 62), .line(63, 30, 60, 100)],
        // Open, the stem as high as the arm.
        [.line(26, 4, 22, 54, 70, 52), .line(72, 2, 70, 98)],
    ]

    private static let five: [[DigitStroke]] = [
        [
            .line(78, 2, 30, 2, 26, 44)
                .then(.curve(26, 44, 50, 30, 84, 40, 88, 72, 74, 102, 36, 104, 18, 88))
        ],
        // The bar a line of its own.
        [
            .line(34, 6, 28, 46).then(
                .curve(28, 46, 54, 32, 84, 46, 86, 76, 70, 102, 36, 104, 18, 90)),
            .line(34, 5, 82, 1),
        ],
        // Round, near an S.
        [.curve(80, 4, 38, -4, 26, 12, 22, 46, 56, 36, 88, 50, 86, 94, 50, 106, 20, 90)],
    ]

    private static let six: [[DigitStroke]] = [
        [.curve(68, 2, 40, 10, 18, 46, 16, 98, 52, 104, 86, 100, 84, 58, 54, 48, 28, 56, 20, 78)],
        // With a straight back.
        [.curve(58, 0, 34, 30, 20, 64, 20, 100, 52, 102, 82, 100, 80, 60, 52, 54, 26, 60, 22, 82)],
        // With a curled top.
        [
            .curve(
                78, 14, 62, -6, 30, 4, 16, 40, 16, 100, 52, 104, 88, 100, 84, 52, 52, 46, 26, 54,
                18,
                74)
        ],
        // With a small bowl.
        [.curve(62, 0, 34, 22, 22, 60, 20, 104, 52, 104, 76, 98, 72, 66, 48, 64, 32, 74, 26, 88)],
    ]

    private static let seven: [[DigitStroke]] = [
        [.line(20, 3, 80, 3, 44, 100)],
        // With a bar.
        [.line(20, 3, 80, 3, 44, 100), .line(36, 52, 76, 50)],
        [.curve(18, 8, 40, 0, 82, 2).then(.curve(82, 2, 58, 40, 48, 66, 46, 100))],
        // With a serif.
        [.line(20, 18, 22, 2, 80, 2).then(.curve(80, 2, 56, 44, 48, 100))],
        // Curved, with a bar.
        [.curve(18, 8, 40, -2, 82, 2).then(.curve(82, 2, 56, 44, 46, 100)), .line(34, 48, 76, 50)],
    ]

    private static let eight: [[DigitStroke]] = [
        // In one line.
        [
            .curve(
                74, 16, 66, -4, 24, -6, 16, 22, 28, 42, 54, 52, 86, 62, 86, 102, 50, 104, 14, 102,
                14,
                66, 44, 52, 78, 38, 82, 16, 70, 6)
        ],
        // Two rings.
        [
            .curve(50, 0, 24, 0, 20, 24, 28, 46, 50, 47, 72, 46, 80, 24, 76, 0, 50, 0),
            .curve(50, 47, 20, 48, 14, 76, 24, 101, 50, 101, 76, 101, 86, 76, 80, 48, 50, 47),
        ],
        // Open at the top.
        [
            .curve(
                80, 12, 48, -10, 16, 8, 22, 38, 52, 52, 86, 66, 82, 104, 48, 104, 14, 102, 18, 66,
                56,
                46, 86, 16)
        ],
    ]

    private static let nine: [[DigitStroke]] = [
        // With a straight stem.
        [
            .curve(78, 26, 72, -4, 26, -6, 16, 30, 26, 60, 70, 58, 78, 26).then(
                .line(78, 26, 74, 100))
        ],
        // With a curved tail.
        [
            .curve(78, 24, 72, -4, 26, -6, 16, 28, 26, 56, 70, 56, 78, 24)
                .then(.curve(78, 24, 84, 60, 76, 104, 40, 106, 24, 90))
        ],
        // With a slanting stem.
        [
            .curve(76, 14, 56, -6, 22, 4, 16, 40, 34, 56, 68, 46, 76, 14).then(
                .line(76, 14, 50, 100))
        ],
        // Begun at the top right and left open.
        [
            .curve(74, 8, 46, -8, 18, 8, 16, 44, 40, 60, 66, 48, 78, 20)
                .then(.curve(78, 20, 74, 60, 62, 100))
        ],
    ]
}
