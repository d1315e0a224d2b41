// SPDX-License-Identifier: Apache-2.0
import Dialects
import Testing

@testable import ServerConfig

@Suite("The dialects setting")
struct DialectChoicesTests {
    @Test("all is every dialect at its usual ports, and is written so again")
    func readsAll() throws {
        let choices = try #require(DialectChoices(setting: "all"))
        #expect(choices.choices == DialectKey.allCases.map { DialectChoice($0) })
        #expect(choices.settingText == "all")
    }

    @Test(
        "a dialect is named with its ports, none, and a folder of pages",
        arguments: [
            ("bunch", DialectChoice(.bunch, ports: [8181])),
            ("bunch:9000", DialectChoice(.bunch, ports: [9000])),
            ("devameet:1:2", DialectChoice(.devameet, ports: [1, 2])),
            ("noom-chat:none", DialectChoice(.noomChat, ports: [])),
            ("bunch=./a:b=c", DialectChoice(.bunch, folder: "./a:b=c")),
            ("bunch:0=pages", DialectChoice(.bunch, ports: [0], folder: "pages")),
        ])
    func readsOne(text: String, expected: DialectChoice) throws {
        let choices = try #require(DialectChoices(setting: text))
        #expect(choices.choices == [expected])
        #expect(DialectChoices(setting: choices.settingText) == choices)
    }

    @Test("the last entry for a dialect counts, so that all can be followed by exceptions")
    func overrides() throws {
        let choices = try #require(DialectChoices(setting: "all, bunch:none bunch:5000"))
        #expect(choices.choices.count == DialectKey.allCases.count)
        #expect(choices.choices.first { $0.key == .bunch }?.ports == [5000])
        #expect(DialectChoices(setting: choices.settingText) == choices)
    }

    @Test(
        "what cannot be meant is refused",
        arguments: ["zoom", "bunch:", "bunch:70000", "bunch:x", "bunch=", "bunch:none=pages", "bunch:none:1"])
    func refuses(text: String) { #expect(DialectChoices(setting: text) == nil) }

    @Test("--dialects alone means all of them, wherever it stands")
    func readsBareArgument() throws {
        for arguments in [["--dialects"], ["--dialects", "--listen", ":1"], ["--dialects=all"]] {
            var layers = ConfigLayers()
            _ = try layers.take(arguments)
            #expect(layers.arguments.first { $0.key == "dialects" }?.value == "all")
        }
    }
}
