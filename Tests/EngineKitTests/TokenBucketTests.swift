// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@Suite("Token buckets")
struct TokenBucketTests {
    private let start = Instant.origin.advanced(by: .seconds(100))

    @Test("a burst goes through, and then one token at a time")
    func refill() {
        var bucket = TokenBucket(burst: 3, perSecond: 2)
        let atOnce = (0..<4).map { _ in bucket.take(at: start) }
        #expect(atOnce == [true, true, true, false])
        let tooEarly = bucket.take(at: start.advanced(by: .milliseconds(499)))
        #expect(!tooEarly)
        let inTime = (0..<2).map { _ in bucket.take(at: start.advanced(by: .milliseconds(500))) }
        #expect(inTime == [true, false])
    }

    @Test("what cannot be had whole is not had in part")
    func several() {
        var bucket = TokenBucket(burst: 3, perSecond: 1)
        let taken = [4, 2, 2, 1].map { bucket.take($0, at: start) }
        #expect(taken == [false, true, false, true])
    }

    @Test("a long rest fills a bucket and no more than that")
    func fullness() {
        var bucket = TokenBucket(burst: 2, perSecond: 1)
        #expect(bucket.isFull(at: start))
        _ = bucket.take(2, at: start)
        #expect(!bucket.isFull(at: start.advanced(by: .milliseconds(1999))))
        #expect(bucket.isFull(at: start.advanced(by: .seconds(2))))
        let rested = bucket.take(3, at: start.advanced(by: .seconds(1000)))
        #expect(!rested)
    }

    @Test("a rare token comes once in so many seconds, and one given back can be taken again")
    func rare() {
        let rate = TokenRate(burst: 2, every: 20)
        var level = TokenLevel()
        let taken = (1...3).map { _ in level.take(of: rate, at: start) }
        #expect(taken == [true, true, false])
        level.giveBack(of: rate)
        let again = [level.take(of: rate, at: start), level.take(of: rate, at: start)]
        #expect(again == [true, false])
        let later = [19, 20].map { level.take(of: rate, at: start.advanced(by: .seconds($0))) }
        #expect(later == [false, true])
    }
}
