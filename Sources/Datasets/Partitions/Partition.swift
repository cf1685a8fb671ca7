/// How a data set is divided among K clients, once for a whole run.
///
/// Every image goes to one client at most. Unless said otherwise every image is given, and every
/// client gets at least one. With N images of C classes:
///
/// | text | how |
/// |---|---|
/// | `iid` | random order, equal parts |
/// | `shards:2`, `shards:2x300` | sorted by label, cut into shards, two for each client |
/// | `dirichlet:0.5`, `dirichlet:0.5:1` | each class by Dirichlet proportions of its own |
/// | `labels:2` | two classes for each client |
/// | `power-law-labels:2`, `power-law-labels:2:1.5` | two classes, and unequal sizes |
/// | `log-normal:1`, `power-law:1.5`, `quantity-dirichlet:0.5` | unequal sizes, random labels |
/// | `natural` | by whose the data say each sample is |
/// | `writers` | MNIST by who wrote each digit |
/// | `csv:FILE` | as a file of (client, index) says |
public enum Partition: Hashable, Sendable {
    /// Images in random order, cut into K parts whose sizes differ by one at most.
    case iid

    /// Images sorted by label and cut into shards of `size`, of which each client draws `perClient`.
    ///
    /// Without a size the shards are the N / (K · `perClient`) that give every image, and it must be
    /// a whole number. With a size, N / `size` shards are cut (rounded down): what is left behind the
    /// last one and shards that nobody draws are given to nobody.
    /// Source: McMahan et al., "Communication-efficient learning of deep networks from decentralized
    /// data", AISTATS 2017, section 3: 200 shards of 300, two for each of 100 clients.
    case shards(perClient: Int, size: Int?)

    /// For each class, proportions p ~ Dir_K(`alpha`) that divide its images; drawn anew until every
    /// client has at least `minimum` images.
    ///
    /// While classes are gone through, a client that has N / K images already gets no more: its p
    /// counts as 0 and the others are scaled up. Cuts are at ⌊n_c · (p_1 + … + p_k)⌋. There are at
    /// most 100 draws, for over 100,000 clients fewer: 10⁸ proportions in all.
    /// Source: Li et al., "Federated learning on non-IID data silos", ICDE 2022, with the balancing
    /// and the minimum of 10 that are in its code, NIID-Bench (`noniid-labeldir`), and which its
    /// published figures rest on. Hsu et al. (2019) draw classes for each client instead.
    case dirichlet(alpha: Double, minimum: Int = 10)

    /// `perClient` classes for each client: client k has class k mod C and `perClient` − 1
    /// others, drawn at random; a class is divided at random among those that have it, in parts
    /// whose sizes differ by one at most.
    ///
    /// With fewer than C clients, a class that nobody has is given to nobody.
    /// Source: Li et al. 2022 (NIID-Bench, `noniid-#label`).
    case labels(perClient: Int)

    /// The classes k, k + 1, … k + `perClient` − 1 mod C for client k; of each it has 5 images first, or as
    /// many as there are for all, and the others are divided in proportion to e^(`sigma` · z), z ~ N(0, 1),
    /// drawn anew for each class and client. Images of a class are in random order.
    ///
    /// With few clients, a class that nobody has is given to nobody.
    /// Source: Li et al., "Federated optimization in heterogeneous networks" (FedProx), MLSys 2020, section
    /// 5.1, "the number of samples per device follows a power law"; 5 images and the log-normal of 2 are
    /// those of its code and of Flower's reproduction (`baselines/fedprox`).
    case powerLawLabels(perClient: Int, sigma: Double = 2)

    /// Images in random order; sizes in proportion to e^(`sigma` · z), z ~ N(0, 1).
    ///
    /// Here, and with the other two skews of quantity, each client has one image first, and the
    /// N − K others are divided in proportion.
    case logNormal(sigma: Double)

    /// Images in random order; the client of rank r has a size in proportion to r^(−`exponent`), and
    /// clients have the ranks 1 … K in random order.
    case powerLaw(exponent: Double)

    /// Images in random order; sizes in proportion to q ~ Dir_K(`alpha`).
    ///
    /// Source: Li et al. 2022 (NIID-Bench, `iid-diff-quantity`).
    case quantityDirichlet(alpha: Double)

    /// Clients as a CSV file names them: a line for each image, its client and its index from 0.
    ///
    /// Indices that the file leaves out are given to nobody. A client's name is any text without a
    /// comma. Names are numbered 0 … K − 1 in rising order: as numbers if all are whole numbers, as text
    /// otherwise; so a file with the clients 0 … K − 1 keeps them, in whatever order its lines are, and
    /// of one with 1 … K, as earlier versions wrote it, each is one less, as everywhere. The first line
    /// is a heading where neither of its fields is a whole number. The seed plays no part.
    case csv(file: String)

    /// A client for each owner that the data know, `Dataset.owners`: of a table's client column, of files,
    /// of LEAF's users. The seed plays no part.
    case natural

    /// MNIST by who wrote each digit: 539 clients with 19 to 131 images, and test images by 297 others.
    ///
    /// As `natural`, by the owners that `MNISTWriters` finds. The seed plays no part.
    /// Source: Yadav and Bottou, "Cold case: the lost MNIST digits", 2019.
    case writers

    /// Images of each class that clients of `powerLawLabels` have at least, where there are so many.
    static let powerLawMinimum = 5
    /// Redraws of a Dirichlet partition, at most.
    static let drawLimit = 100
    /// Proportions that those redraws have in all, at most.
    static let proportionLimit = 100_000_000

    /// What a client's shard is, in one line.
    public var summary: String {
        switch self {
        case .iid: "IID: equal parts of all images in random order"
        case .shards(let perClient, let size):
            "shards: sorted by label, \(counted(perClient, "shard"))"
                + "\(size.map { " of \(counted($0, "image"))" } ?? "") for each client"
        case .dirichlet(let alpha, let minimum):
            "Dirichlet: each class in proportions of Dir(\(number(alpha))), "
                + "at least \(counted(minimum, "image")) for each client"
        case .labels(let perClient):
            "labels: images of \(counted(perClient, "class", "classes")) for each client"
        case .powerLawLabels(let perClient, let sigma):
            "power-law labels: images of \(counted(perClient, "class", "classes")) for each client, "
                + "sizes skewed by sigma \(number(sigma))"
        case .logNormal(let sigma):
            "log-normal: sizes skewed by sigma \(number(sigma)), of any class"
        case .powerLaw(let exponent):
            "power law: sizes fall as rank^-\(number(exponent)), of any class"
        case .quantityDirichlet(let alpha):
            "quantity Dirichlet: sizes in proportions of Dir(\(number(alpha))), of any class"
        case .csv(let file): "natural: clients as \(file) names them"
        case .natural: "natural: whose the data say each sample is"
        case .writers: "writers: who wrote each digit"
        }
    }

    /// Whether the data say whose each sample is, and so how many clients there are.
    public var goesByOwners: Bool { self == .natural || self == .writers }

    /// Whether it is classes that it divides.
    var needsClasses: Bool {
        switch self {
        case .shards, .dirichlet, .labels, .powerLawLabels: true
        default: false
        }
    }

    /// Refuses parameters that no data set of so many classes could be divided by.
    package func check(classCount: Int) throws(PartitionError) {
        switch self {
        case .iid, .natural, .writers, .csv: return
        case .shards(let perClient, let size):
            try requirePositive(perClient, "shards per client")
            if let size { try requirePositive(size, "shard size") }
        case .dirichlet(let alpha, let minimum):
            try requirePositive(alpha, "alpha")
            try requirePositive(minimum, "minimum")
        case .labels(let perClient):
            try requirePositive(perClient, "labels per client")
            guard perClient <= classCount else {
                throw .moreLabelsThanClasses(perClient: perClient, classes: classCount)
            }
        case .powerLawLabels(let perClient, let sigma):
            try requirePositive(perClient, "labels per client")
            try requirePositive(sigma, "sigma")
            guard perClient <= classCount else {
                throw .moreClasses(
                    partition: description, perClient: perClient, classes: classCount)
            }
        case .logNormal(let sigma): try requirePositive(sigma, "sigma")
        case .powerLaw(let exponent): try requirePositive(exponent, "exponent")
        case .quantityDirichlet(let alpha): try requirePositive(alpha, "alpha")
        }
    }

    private func requirePositive(_ value: Int, _ parameter: String) throws(PartitionError) {
        guard value >= 1 else {
            throw .tooSmall(partition: description, parameter: parameter, value: value)
        }
    }

    private func requirePositive(_ value: Double, _ parameter: String) throws(PartitionError) {
        guard value > 0, value.isFinite else {
            throw .notPositive(partition: description, parameter: parameter, value: value)
        }
    }

    private func counted(_ value: Int, _ noun: String, _ nouns: String? = nil) -> String {
        "\(value) \(value == 1 ? noun : nouns ?? "\(noun)s")"
    }
}
