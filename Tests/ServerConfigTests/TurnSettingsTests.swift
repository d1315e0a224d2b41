// SPDX-License-Identifier: Apache-2.0
import NetworkAddresses
import ServerConfig
import Testing

@Suite("The settings of the relay")
struct TurnSettingsTests {
    /// Every problem of a start with these settings.
    private func problems(_ settings: [String]) -> [String] {
        let arguments = settings.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return ConfigLayers.Argument(key: String(parts[0]), value: String(parts[1]), written: "--set")
        }
        do throws(ServerConfigError) {
            _ = try ServerConfig.load(ConfigLayers(arguments: arguments))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test(
        "a public address may name the local one behind it",
        arguments: [
            ("203.0.113.7", "203.0.113.7"), ("203.0.113.7/10.0.0.5", "203.0.113.7/10.0.0.5"),
            ("2001:DB8::0:1", "2001:db8::1"), ("2001:db8::1/fd00::5", "2001:db8::1/fd00::5"),
            ("::ffff:203.0.113.7/10.0.0.5", "203.0.113.7/10.0.0.5"),
        ])
    func publicAddresses(_ text: String, _ written: String) {
        #expect(PublicAddress(setting: text)?.settingText == written)
    }

    @Test(
        "refuses public addresses that nobody can have, or of two families",
        arguments: [
            "", "0.0.0.0", "::", "127.0.0.1", "::1", "224.0.0.1", "255.255.255.255", "ff02::1",
            "203.0.113.7/", "/10.0.0.5",
            "203.0.113.7/fd00::5", "203.0.113.7/24", "203.0.113.7/0.0.0.0", "203.0.113.7:3478", "example.org",
        ])
    func badPublicAddresses(_ text: String) { #expect(PublicAddress(setting: text) == nil) }

    @Test(
        "relay ports are a range from 1024, or none",
        arguments: [("49152-65535", "49152-65535"), ("1024-1025", "1024-1025"), ("none", "none")])
    func relayPorts(_ text: String, _ written: String) {
        #expect(RelayPorts(setting: text)?.settingText == written)
    }

    @Test(
        "refuses relay ports that are no range",
        arguments: [
            "", "49152", "49152-", "-65535", "65535-49152", "50000-50000", "1-65535", "49152-65536",
            "1023-1025",
            "50000:50010", "None", "50000-50010-50020",
        ])
    func badRelayPorts(_ text: String) { #expect(RelayPorts(setting: text) == nil) }

    @Test(
        "the host is a name or an address, without a port",
        arguments: [
            ("Turn.Example.org", "turn.example.org"), ("203.0.113.7", "203.0.113.7"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8:0::1", "2001:db8::1"), ("localhost", "localhost"),
        ])
    func hosts(_ text: String, _ name: String) { #expect(TurnHost(setting: text)?.name == name) }

    @Test(
        "refuses hosts that no client could reach",
        arguments: [
            "", "turn.example.org:3478", "256.1.1.1", "1.2.3", "a b", "turn:host", "[localhost]", "[::1",
            "a..b",
        ])
    func badHosts(_ text: String) { #expect(TurnHost(setting: text) == nil) }

    @Test(
        "bandwidth has a unit of bits",
        arguments: [
            ("500k", 500_000, "500k"), ("20M", 20_000_000, "20M"), ("1000k", 1_000_000, "1M"),
            ("1G", 1_000_000_000, "1G"), ("unlimited", 0, "unlimited"),
        ])
    func bandwidth(_ text: String, _ bits: Int, _ written: String) {
        #expect(Bandwidth(setting: text)?.bitsPerSecond == bits)
        #expect(Bandwidth(setting: text)?.settingText == written)
    }

    @Test(
        "refuses bandwidth without a unit, a number or an end",
        arguments: ["", "20", "M", "20m", "-1M", "1.5M", "20 M", "1001G", "99999999999999999999k", "0M"])
    func badBandwidth(_ text: String) { #expect(Bandwidth(setting: text) == nil) }

    @Test("a realm is a word that every client writes the same way")
    func realms() {
        #expect(TurnRealm(setting: "example.org")?.text == "example.org")
        #expect(TurnRealm(setting: String(repeating: "x", count: 28)) != nil)
        for bad in ["", "a b", "a\"b", "a\\b", "ü", String(repeating: "x", count: 29)] {
            #expect(TurnRealm(setting: bad) == nil)
        }
    }

    @Test(
        "values that are wrong together are told with the setting that must change",
        arguments: [
            (
                ["turn.listen=:8443"],
                "--set: turn.listen: 8443 is the port of http.listen, where TURN is anyway"
            ),
            (["turn.listen=:3478, 0.0.0.0:3478"], "--set: turn.listen: 0.0.0.0:3478 is there twice"),
            (["turn.listen=:8181", "dialects=bunch"], "--set: turn.listen: 8181 is the port of a dialect"),
            (
                ["turn.allow-peers=0.0.0.0/0"],
                "--set: turn.allow-peers: 0.0.0.0/0 opens this machine and its network to every client"
            ),
            (
                ["turn.allow-peers=10.0.0.0/8", "turn.deny-peers=10.0.0.0/8"],
                "--set: turn.deny-peers: 10.0.0.0/8 is in turn.allow-peers, too"
            ),
            (
                ["turn.tcp-peers=true"],
                "--set: turn.tcp-peers: it reaches the peers in turn.allow-peers and no others"
            ),
            (
                ["turn.public-ip=203.0.113.7, 203.0.113.8"],
                "--set: turn.public-ip: this machine has two public addresses, 203.0.113.8 being one; write the local"
            ),
            (
                ["turn.public-ip=203.0.113.7/10.0.0.5, 203.0.113.8/10.0.0.5"],
                "--set: turn.public-ip: 10.0.0.5 has two public addresses, 203.0.113.8 being one"
            ),
        ])
    func conflicts(_ settings: [String], _ expected: String) {
        let found = problems(settings)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    }

    @Test(
        "what is right together starts",
        arguments: [
            ["turn.listen=:3478, [::]:3478, :0, :0"],
            ["turn.public-ip=203.0.113.7, 2001:db8::1"],
            ["turn.public-ip=203.0.113.7/10.0.0.5, 203.0.113.8/10.0.0.6"],
            ["turn.allow-peers=10.0.0.0/8", "turn.deny-peers=10.1.0.0/16", "turn.tcp-peers=true"],
        ])
    func agreements(_ settings: [String]) { #expect(problems(settings) == []) }

    @Test(
        "values out of range and files that cannot be read refuse to start",
        arguments: [
            "turn.credential-lifetime=25h", "turn.user-bandwidth=0", "turn.credential-lifetime=1s",
            "turn.user-allocations=0",
            "turn.allow-peers=10.0.0.0/33", "turn.deny-peers=10.0.0.0/8/8", "turn.relay-ports=65535-49152",
            "turn.unauthenticated-rate=0", "turn.enabled=yes",
        ])
    func badValues(_ setting: String) { #expect(problems([setting]).count == 1) }

    @Test("the files of secrets and users must be there")
    func files() {
        var layers = ConfigLayers(arguments: [
            .init(key: "turn.secrets-file", value: "s", written: "--set"),
            .init(key: "turn.users-file", value: "u", written: "--set"),
        ])
        layers.whyUnusable = { _ in "no such file or directory" }
        let error = #expect(throws: ServerConfigError.self) { try ServerConfig.load(layers) }
        #expect(
            error?.problems.map(\.description) == [
                "--set: turn.secrets-file: s: no such file or directory",
                "--set: turn.users-file: u: no such file or directory",
            ])
    }

    @Test("--public-ip sets the public address, and coturn's name for it leads there")
    func argument() throws {
        var layers = ConfigLayers()
        _ = try layers.take(["--public-ip", "203.0.113.7"])
        #expect(
            try ServerConfig.load(layers).config.turn.publicAddresses.map(\.settingText) == ["203.0.113.7"])
        let error = #expect(throws: UsageError.self) { try layers.take(["--external-ip", "203.0.113.7"]) }
        #expect(error?.description.contains("--public-ip LIST") == true)
    }

    @Test("alone, the relay may be without TLS anywhere, and at the port that pages would have")
    func alone() {
        var layers = ConfigLayers(arguments: [
            .init(key: "tls.mode", value: "off", written: "--set"),
            .init(key: "turn.listen", value: ":8443", written: "--set"),
        ])
        #expect(throws: ServerConfigError.self) { try ServerConfig.load(layers) }
        layers.servesPages = false
        #expect(throws: Never.self) { try ServerConfig.load(layers) }
    }
}
