// SPDX-License-Identifier: Apache-2.0
import EngineKit
import Testing

@testable import LoadGenerator

@Suite("Addresses of servers") struct LoadURLTests {
    @Test("reads scheme, host and port")
    func parts() throws {
        let url = try #require(LoadURL(parsing: "https://meet.example.org"))
        #expect(url.isSecure && url.host == "meet.example.org" && url.port == 443)
        #expect(LoadURL(parsing: "http://127.0.0.1:8080/")?.port == 8080)
        #expect(LoadURL(parsing: "https://[2001:db8::1]:8443")?.host == "2001:db8::1")
        #expect(LoadURL(parsing: "https://[2001:db8::1]")?.description == "https://[2001:db8::1]")
    }

    @Test(
        "refuses what is no server's address",
        arguments: [
            "", "meet.example.org", "ftp://x", "https://", "https://x:0", "https://x:99999", "https://a/b",
        ])
    func refused(text: String) { #expect(LoadURL(parsing: text) == nil) }
}

@Suite("Durations counted") struct HistogramTests {
    @Test("tells percentiles to a sixteenth, and the greatest exactly")
    func percentiles() throws {
        var times = Histogram()
        for value in 1...1000 { times.add(.microseconds(value)) }
        for (share, exact) in [(0.5, 500.0), (0.9, 900), (0.99, 990)] {
            let found = try #require(times.percentile(share))
            let ratio = Double(found.nanoseconds) / (exact * 1000)
            #expect(ratio >= 1 && ratio < 1.0626, "\(share)")
        }
        #expect(times.percentile(1) == .microseconds(1000))
        #expect(times.largest == .microseconds(1000))
    }

    @Test("takes nothing, zero, less than that and the longest there is")
    func edges() {
        var times = Histogram()
        #expect(times.percentile(0.5) == nil)
        times.add(.zero)
        times.add(.milliseconds(-3))
        #expect(times.percentile(1) == .zero)
        times.add(.nanoseconds(Int64.max))
        #expect(times.percentile(1) == .nanoseconds(Int64.max))
    }
}
