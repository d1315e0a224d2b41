// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import ServerConfig
import Testing

@Suite("Setting values")
struct SettingValueTests {
    @Test(
        "durations have a unit and are written with the largest one that fits",
        arguments: [
            ("30s", 30, "30s"), ("90s", 90, "90s"), ("60s", 60, "1m"), ("5m", 300, "5m"),
            ("24h", 86_400, "1d"),
            ("0s", 0, "0s"), ("1d", 86_400, "1d"),
        ] as [(String, Int64, String)])
    func durations(_ text: String, _ seconds: Int64, _ written: String) {
        #expect(Duration(setting: text) == .seconds(seconds))
        #expect(Duration.seconds(seconds).settingText == written)
    }

    @Test(
        "refuses durations without a number, a unit or an end",
        arguments: [
            "", "s", "30", "-1s", "+1s", "1.5m", "1w", "1 s", "99999999999999999999d", "36501d", "９s",
        ])
    func badDurations(_ text: String) {
        #expect(Duration(setting: text) == nil)
    }

    @Test(
        "listening addresses are read and written",
        arguments: [
            ("0.0.0.0:8443", "0.0.0.0", 8443, "0.0.0.0:8443"), (":8443", "0.0.0.0", 8443, "0.0.0.0:8443"),
            ("[::]:8443", "::", 8443, "[::]:8443"), ("[0:0:0:0:0:0:0:1]:0", "::1", 0, "[::1]:0"),
            ("localhost:65535", "localhost", 65535, "localhost:65535"),
            ("meet.example.org:443", "meet.example.org", 443, "meet.example.org:443"),
        ] as [(String, String, UInt16, String)])
    func listenAddresses(_ text: String, _ host: String, _ port: UInt16, _ written: String) {
        #expect(ListenAddress(setting: text) == ListenAddress(host: host, port: port))
        #expect(ListenAddress(setting: text)?.settingText == written)
    }

    @Test(
        "refuses what is not an address and a port",
        arguments: [
            "", "8443", ":", "0.0.0.0", "0.0.0.0:", "0.0.0.0:65536", "0.0.0.0:-1", "0.0.0.0:+1", "::1:8443",
            "[::1]", "[::1:8443", "[localhost]:1", "a b:1", "-a:1", "a..b:1", "http://a:1",
        ])
    func badListenAddresses(_ text: String) {
        #expect(ListenAddress(setting: text) == nil)
    }

    @Test(
        "a range contains the addresses that begin with its bits",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("172.16.0.0/12", "172.31.255.255", true), ("172.16.0.0/12", "172.32.0.0", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
            ("192.0.2.7/31", "192.0.2.6", true), ("192.0.2.7", "::ffff:192.0.2.7", true),
            ("fc00::/7", "fd12::1", true), ("fc00::/7", "fe80::1", false), ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.1", false), ("2001:db8::1", "2001:db8::1", true),
        ])
    func ranges(_ range: String, _ address: String, _ expected: Bool) throws {
        let range = try #require(AddressRange(setting: range))
        let address = try #require(IPAddress(address))
        #expect(range.contains(address) == expected)
    }

    @Test(
        "refuses what is not an address range",
        arguments: [
            "", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/+8", "::/129",
            "localhost",
        ])
    func badRanges(_ text: String) {
        #expect(AddressRange(setting: text) == nil)
    }

    @Test(
        "origins are lower case and without the usual port",
        arguments: [
            ("https://Example.org", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("http://example.org:80", "http://example.org"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://[::1]:8443", "https://[::1]:8443"), ("https://[::1]", "https://[::1]"),
        ])
    func origins(_ text: String, _ expected: String) {
        #expect(Origin(setting: text)?.text == expected)
    }

    @Test(
        "refuses what no browser would send as an origin",
        arguments: [
            "", "example.org", "https://", "https://example.org/", "https://example.org:", "https://a:0",
            "https://a:b", "ftp://example.org", "https://a b", "https://a;b", "https://[::1", "https://a:1:2",
            "https://a:+1",
            "https://user@a", "*", "null",
        ])
    func badOrigins(_ text: String) {
        #expect(Origin(setting: text) == nil)
    }

    @Test("lists take commas and spaces, and nothing is an empty list")
    func lists() {
        #expect([AddressRange](setting: "127.0.0.1,10.0.0.0/8  ::1")?.count == 3)
        #expect([AddressRange](setting: "") == [])
        #expect([AddressRange](setting: "127.0.0.1, nonsense") == nil)
        #expect([AddressRange](setting: "10.0.0.0/8 ::1")?.settingText == "10.0.0.0/8, ::1")
    }
}

@Suite("The settings table")
struct SettingTests {
    @Test("every default is read back from its own text")
    func roundTrip() throws {
        let arguments = Setting.all.map { setting in
            ConfigLayers.Argument(
                key: setting.key, value: setting.value(in: ServerConfig()), written: "--set")
        }
        #expect(try ServerConfig.load(ConfigLayers(arguments: arguments)).config == ServerConfig())
    }

    @Test("keys, variables and arguments are unique")
    func unique() {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.environmentName)).count == Setting.all.count)
        let arguments = Setting.all.compactMap(\.argument)
        #expect(Set(arguments).count == arguments.count)
    }

    @Test("the environment name is the key in capitals")
    func environmentName() {
        #expect(
            Setting.named("rooms.reconnect-grace")?.environmentName == "PARLEY_ROOMS_RECONNECT_GRACE")
    }

    @Test("the sample file is a valid file that changes nothing")
    func sampleFile() throws {
        let sample = Setting.sampleFile
        #expect(Setting.all.allSatisfy { sample.contains("#\($0.key) =") })
        let uncommented = sample.split(separator: "\n").map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
        }.filter { !$0.hasPrefix("data.folder") }
        let text = Array(uncommented.joined(separator: "\n").utf8)
        #expect(try ServerConfig.load(ConfigLayers(read: { _ in .text(text) })).config == ServerConfig())
    }

    @Test("the table shows every value and where it came from")
    func table() throws {
        let loaded = try ServerConfig.load(
            ConfigLayers(arguments: [.init(key: "loops", value: "3", written: "--set")]))
        let rows = Setting.table(of: loaded).split(separator: "\n").map { $0.split(separator: " ") }
        #expect(rows.contains(["loops", "3", "(--set)"]))
        #expect(rows.contains(["tls.key", "-", "(default)"]))
    }
}
