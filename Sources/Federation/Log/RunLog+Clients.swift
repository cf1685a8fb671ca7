extension RunLog {
    /// All clients that had a part in any round, ascending.
    public var clientIDs: [Int] { series.clients.sorted() }

    /// A client's rounds that anything came of, ascending; none for a client that is not known.
    public func rounds(of client: Int) -> [ClientRound] { series.rounds(of: client) }

    /// Whether clients' numbers are written for the rounds that they had a part in only
    /// (`clients_rounds`), because lists of all rounds would be long and mostly empty.
    public var holdsPartsOnly: Bool { series.parts != nil }

    // The lists by client and round. Where `holdsPartsOnly`, each of them is made when it is asked for, with
    // as many places as there are clients times rounds, and stays so if it is changed.

    /// Each client's accuracy after local training, 0…1, by round (`clients acc`).
    public var clientAccuracies: [Int: [Double?]] {
        get { whole.accuracies }
        set { change { $0.accuracies = newValue } }
    }

    /// Each client's loss in nats, by round (`clients_loss`).
    public var clientLosses: [Int: [Double?]] {
        get { whole.losses }
        set { change { $0.losses = newValue } }
    }

    /// Training samples of each client, by round; 0 where it gave no update (`clients_samples`).
    public var clientSamples: [Int: [Int]] {
        get { whole.samples }
        set { change { $0.samples = newValue } }
    }

    /// Samples per class of each client, by round (`clients_class_counts`).
    public var clientClassCounts: [Int: [[Int]]] {
        get { whole.classCounts }
        set { change { $0.classCounts = newValue } }
    }

    /// How far each client's update moved the model, by round (`clients_update_norm`; left out where nobody
    /// has measured it): see `ChangeMeasure`.
    public var clientUpdateNorms: [Int: [Double?]] {
        get { whole.updateNorms }
        set { change { $0.updateNorms = newValue } }
    }

    /// The cosine of that change with the one that the global model made in the round before, by round
    /// (`clients_update_cosine`; left out likewise).
    public var clientUpdateCosines: [Int: [Double?]] {
        get { whole.updateCosines }
        set { change { $0.updateCosines = newValue } }
    }

    var whole: ClientSeries.Whole { series.whole(rounds: serverAccuracies.count) }

    private mutating func change(_ body: (inout ClientSeries.Whole) -> Void) {
        series.change(rounds: serverAccuracies.count, body)
    }
}
