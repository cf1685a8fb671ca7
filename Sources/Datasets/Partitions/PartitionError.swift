/// Why a data set cannot be divided as asked.
public enum PartitionError: Error, Hashable, Sendable {
    /// No partition has that name.
    case unknown(String)
    /// The name is known, its parameters are not understood.
    case malformed(text: String, form: String)
    /// A parameter that must be above 0 and finite is not.
    case notPositive(partition: String, parameter: String, value: Double)
    /// A count below 1.
    case tooSmall(partition: String, parameter: String, value: Int)
    /// More labels for a client than there are classes.
    case moreLabelsThanClasses(perClient: Int, classes: Int)
    /// More classes for a client than there are.
    case moreClasses(partition: String, perClient: Int, classes: Int)
    /// A number of clients that is below 1, or more than 2³¹ − 1.
    case clientsOutOfRange(Int)
    /// A partition by class, and samples whose targets are numbers.
    case needsClasses(partition: String)
    /// Nobody knows whose the samples are.
    case noOwners(partition: String)
    /// Another number of owners than of clients that were asked for.
    case ownerCount(partition: String, found: Int, wanted: Int)
    /// An owner who has test samples, perhaps, but nothing to train on.
    case ownerWithoutSamples(partition: String, client: Int, name: String)
    /// Only a CSV file, or the data, tell how many clients there are.
    case clientsNeeded(partition: String)
    /// Not even the fewest images for each client.
    case tooFewImages(images: Int, clients: Int, each: Int)
    /// Shards without a size that would have unequal ones.
    case unevenShards(images: Int, clients: Int, perClient: Int)
    /// More shards than the images make.
    case tooFewShards(images: Int, clients: Int, perClient: Int, size: Int)
    /// More clients have a class than there are images of it.
    case tooFewOfClass(label: Int, images: Int, clients: Int)
    /// Every draw left a client with fewer than the least number of images.
    case drawsLeaveTooFew(
        partition: String, clients: Int, minimum: Int, draws: Int, best: Int)
    /// A client without an image.
    case emptyShard(client: Int)
    /// A position in a client's shard where the data set has no image.
    case noSuchImage(client: Int, index: Int, images: Int)
    /// An image that is in a shard twice, or in those of two clients.
    case sharedImage(index: Int, client: Int, earlier: Int)
    /// A file that cannot be read.
    case unreadable(file: String, reason: String)
    /// A file that cannot be written.
    case unwritable(file: String, reason: String)
    /// A file without a line for any image.
    case emptyFile(String)
    /// A line that is not a client and an index.
    case malformedLine(file: String, line: Int, found: String)
    /// An index that no image has.
    case indexOutOfRange(file: String, line: Int, index: Int, images: Int)
    /// An index that an earlier line has given already.
    case repeatedIndex(file: String, line: Int, index: Int, firstLine: Int)
    /// A file that names another number of clients than asked for.
    case clientCount(file: String, found: Int, wanted: Int)
}

extension PartitionError: CustomStringConvertible {
    /// One sentence that names the value, its place and what was expected.
    public var description: String {
        switch self {
        case .unknown(let text):
            "there is no partition “\(text)”: they are \(Partition.forms)"
        case .malformed(let text, let form):
            "partition “\(text)” is not understood: expected \(form)"
        case .notPositive(let partition, let parameter, let value):
            "partition \(partition) needs its \(parameter) to be above 0 and finite, not \(value)"
        case .tooSmall(let partition, let parameter, let value):
            "partition \(partition) needs its \(parameter) to be at least 1, not \(value)"
        case .moreLabelsThanClasses(let perClient, let classes):
            "partition labels:\(perClient) asks for \(perClient) labels per client, but there are "
                + "\(classes) classes"
        case .moreClasses(let partition, let perClient, let classes):
            "partition \(partition) asks for \(perClient) labels per client, but there are "
                + "\(classes) classes"
        case .clientsOutOfRange(let clients):
            clients < 1
                ? "a partition needs at least 1 client, not \(clients)"
                : "a partition has at most \(Int32.max) clients, not \(clients)"
        case .clientsNeeded(let partition):
            "partition \(partition) needs a number of clients: only csv:FILE, natural and writers "
                + "bring their own"
        case .needsClasses(let partition):
            "partition \(partition) divides by class, but the targets of these data are numbers: take "
                + "iid, log-normal, power-law, quantity-dirichlet, natural or csv:FILE"
        case .noOwners(let partition):
            partition == "\(Partition.writers)"
                ? "partition writers needs to know who wrote each digit, and nobody has looked that up"
                : "partition natural needs data that say whose each sample is: a table with "
                    + "--client-column, a folder with a file for each client, LEAF's JSON; of MNIST, "
                    + "writers does"
        case .ownerCount(let partition, let found, let wanted):
            "partition \(partition) has \(found) clients, as many as the data, but \(wanted) were "
                + "asked for"
        case .ownerWithoutSamples(let partition, let client, let name):
            "partition \(partition): client \(client), “\(name.prefix(60))”, has no sample to train on"
        case .tooFewImages(let images, let clients, let each):
            "\(images) images are too few for \(clients) client\(clients == 1 ? "" : "s") with at "
                + "least \(each) each"
        case .unevenShards(let images, let clients, let perClient):
            "\(images) images do not make \(clients) × \(perClient) = \(clients * perClient) shards "
                + "of equal size: say a size, like shards:\(perClient)x"
                + "\(images / (clients * perClient)), which leaves some images out"
        case .tooFewShards(let images, let clients, let perClient, let size):
            "\(clients) clients with \(perClient) shards of \(size) each need more than the "
                + "\(images) images there are"
        case .tooFewOfClass(let label, let images, let clients):
            "class \(label) has \(images) images, but \(clients) clients are to have some: take "
                + "fewer clients or fewer labels per client"
        case .drawsLeaveTooFew(let partition, let clients, let minimum, let draws, let best):
            "partition \(partition) gives one of \(clients) clients fewer than \(minimum) images in "
                + "each of \(draws) draws, \(best) in the best: take fewer clients, a larger alpha, "
                + "or a lower minimum, written behind a second colon"
        case .emptyShard(let client):
            "the shard of client \(client) has no image: each has one at least"
        case .noSuchImage(let client, let index, let images):
            images == 0
                ? "the shard of client \(client) has image \(index), but there are no images"
                : "the shard of client \(client) has image \(index), but images are 0 to \(images - 1)"
        case .sharedImage(let index, let client, let earlier):
            client == earlier
                ? "the shard of client \(client) has image \(index) twice"
                : "image \(index) is in the shards of two clients, \(earlier) and \(client)"
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .unwritable(let file, let reason): "\(file) cannot be written: \(reason)"
        case .emptyFile(let file):
            "\(file) names no image: expected a line CLIENT,INDEX for each"
        case .malformedLine(let file, let line, let found):
            "\(file), line \(line), is “\(found)”: expected CLIENT,INDEX"
        case .indexOutOfRange(let file, let line, let index, let images):
            "\(file), line \(line): there is no image \(index), they are 0 to \(images - 1)"
        case .repeatedIndex(let file, let line, let index, let firstLine):
            "\(file), line \(line): image \(index) is given a second time, first in line \(firstLine)"
        case .clientCount(let file, let found, let wanted):
            "\(file) names \(found) clients, but \(wanted) were asked for"
        }
    }
}
