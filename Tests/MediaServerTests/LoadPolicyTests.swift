// SPDX-License-Identifier: Apache-2.0
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
}
