import Tensors

/// Places in an arena that nothing needs any more when the next operation is planned.
struct SparePlaces: Sendable {
    private var regions: [ArenaRegion] = []

    /// A place for `count` Floats: the smallest spare one that is large enough, if it isn't far too large.
    mutating func take(_ count: Int, from arena: inout ArenaPlan) -> ArenaRegion {
        let fitting = regions.indices.filter {
            regions[$0].count >= count && regions[$0].count <= 4 * count
        }
        guard let best = fitting.min(by: { regions[$0].count < regions[$1].count }) else {
            return arena.reserve(count)
        }
        return regions.remove(at: best)
    }

    mutating func give(_ region: ArenaRegion) { regions.append(region) }
}
