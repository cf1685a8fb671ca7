import JSON
import TestThreads
import Testing

@Suite("How keys are spelled", .holdsItsThread)
struct KeySpellingTests {
    @Test("Words and camelCase of earlier versions come to snake_case, which stays as it is")
    func rule() {
        for (key, expected) in [
            ("balanced_accuracy", "balanced_accuracy"), ("auc", "auc"), ("", ""),
            ("balanced accuracy", "balanced_accuracy"), ("top-5 accuracy", "top_5_accuracy"),
            ("clients' mean accuracy", "clients_mean_accuracy"), ("blas core", "blas_core"),
            ("learningRateDecay", "learning_rate_decay"), ("adamBeta1", "adam_beta1"),
            ("beta1", "beta1"), ("AUC", "auc"), ("L2 norm", "l2_norm"), (" a  b ", "a_b"),
            ("a_ b", "a_b"), ("%", "%"), ("ε", "ε"), ("AϒB", "aϒb"), ("Ökonom", "ökonom"),
        ] {
            #expect(KeySpelling.snake(key) == expected)
            #expect(KeySpelling.snake(expected) == expected)
        }
        #expect(KeySpelling.words("top_5_accuracy") == "top 5 accuracy")
    }

    @Test("Of two spellings of one key this version's counts, whichever came first")
    func both() {
        let members = ["class counts": 1, "class_counts": 2, "classCounts": 3, "acc": 4]
        #expect(members.spelled == ["class_counts": 2, "acc": 4])
        #expect(
            JSONValue.object(["aB": ["cD": 1]]).spelled == ["a_b": ["cD": 1]])
        #expect(JSONValue.string("aB").spelled == "aB")
    }
}
