// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import MediaServer

@Suite("Load")
struct LoadPolicyTests {
    @Test("above the limit keeps newcomers out, and takes nothing from those who are in")
    func admission() {
        var policy = LoadPolicy(limit: 0.8)
        #expect(policy.admits)
        for _ in 0..<100 { #expect(policy.note(0.9) == nil) }
        #expect(!policy.admits)
        #expect(policy.note(0.5) == nil)
        #expect(policy.admits)
    }

    @Test(
        "that uses up the processor for some seconds on end costs the pictures by and by, a short peak does not"
    )
    func shedding() {
        var policy = LoadPolicy(limit: 0.8)
        for _ in 0..<10 {
            #expect(policy.note(1) == nil)
            #expect(policy.note(1) == nil)
            #expect(policy.note(0.9) == nil)
        }
        #expect(policy.note(1) == nil)
        #expect(policy.note(1) == nil)
        #expect(policy.note(1) == .reduced)
        #expect(!policy.admits)
        #expect(policy.note(1) == nil)
        #expect(policy.note(1) == nil)
        #expect(policy.note(1) == .soundOnly)
        for _ in 0..<10 { #expect(policy.note(1) == nil) }
    }

    @Test("lets pictures come back only when there has been room for long")
    func recovery() {
        var policy = LoadPolicy(limit: 0.8)
        for _ in 0..<LoadPolicy.patience { _ = policy.note(1) }
        for _ in 1..<LoadPolicy.caution { #expect(policy.note(0.1) == nil) }
        #expect(policy.note(0.7) == nil)
        for _ in 1..<LoadPolicy.caution { #expect(policy.note(0.1) == nil) }
        #expect(policy.note(0.1) == .normal)
        #expect(policy.admits)
    }

    @Test("that comes back with the pictures lets them wait longer and longer: they do not come and go")
    func flapping() {
        var policy = LoadPolicy(limit: 0.8)
        // A meeting whose pictures are too much and whose sound is next to nothing.
        var changes: [Int] = []
        var load = 1.0
        for second in 0..<1000 {
            guard let level = policy.note(load) else { continue }
            changes.append(second)
            load = level == .normal ? 1 : 0.1
        }
        #expect(changes.count <= 22)
        let waits = zip(changes.dropFirst(), changes).map { $0 - $1 }
        #expect(waits.max() == LoadPolicy.greatestCaution)
    }

    @Test("that stayed low with the pictures is forgotten")
    func forgetting() {
        var policy = LoadPolicy(limit: 0.8)
        func looks(_ load: Double, until level: MediaLoadLevel) -> Int {
            for look in 1...1000 where policy.note(load) == level { return look }
            return 0
        }
        for wait in [8, 16, 32] {
            #expect(looks(1, until: .reduced) == LoadPolicy.patience)
            #expect(looks(0.1, until: .normal) == wait)
        }
        for _ in 0..<LoadPolicy.greatestCaution { _ = policy.note(0.5) }
        #expect(looks(1, until: .reduced) == LoadPolicy.patience)
        #expect(looks(0.1, until: .normal) == LoadPolicy.caution)
    }
}

@Suite("A gauge of load")
struct LoadGaugeTests {
    private func gauge(_ uses: [Duration]) -> Double {
        var gauge = LoadGauge()
        var now = Instant(nanoseconds: 5_000_000_000)
        for use in uses {
            gauge.note(LoadGauge.Use(ran: use), at: now)
            now = now.advanced(by: .seconds(1))
        }
        return gauge.load
    }

    @Test("follows what is used within a few seconds")
    func following() {
        #expect(gauge([.seconds(100)]) == 0)
        #expect(gauge([.seconds(100), .milliseconds(100_500)]) == 0.25)
        let busy = (0..<6).map { Duration.seconds($0) }
        #expect(gauge(busy) > 0.96)
        #expect(gauge(busy + Array(repeating: .seconds(5), count: 6)) < 0.04)
    }

    @Test("holds no more than all of a processor, and no less than nothing")
    func bounds() {
        #expect(gauge([.zero, .seconds(9)]) == 0.5)
        #expect(gauge([.seconds(9), .zero]) == 0)
        var gauge = LoadGauge()
        for _ in 0..<3 { gauge.note(LoadGauge.Use(ran: .seconds(1)), at: Instant(nanoseconds: 0)) }
        #expect(gauge.load == 0)
    }

    @Test("counts the time in which the thread waits for a processor, as far as it works")
    func waiting() {
        func load(_ ran: Int, _ waited: Int) -> Double {
            var gauge = LoadGauge()
            for second in 0..<9 {
                let use = LoadGauge.Use(
                    ran: .milliseconds(ran * second), waited: .milliseconds(waited * second))
                gauge.note(use, at: Instant(nanoseconds: Int64(second) * 1_000_000_000))
            }
            return gauge.load
        }
        #expect(load(500, 500) > 0.99)
        #expect(load(500, 100) < 0.61)
        // Others have the processor: to do less of so little would help nobody.
        #expect(load(100, 900) < 0.21)
    }

    @Test("reads what the kernel tells of a thread")
    func reading() {
        let use = LoadGauge.Use(ran: .nanoseconds(1_607_884), waited: .nanoseconds(2_831_045))
        #expect(LoadGauge.schedulerUse(Array("1607884 2831045 2\n".utf8)) == use)
        for text in ["", "\n", "17", "17 x 2\n", "-1 2 3\n", "99999999999999999999 1 1\n"] {
            #expect(LoadGauge.schedulerUse(Array(text.utf8)) == nil)
        }
    }
}
