// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ServerConfig

@Suite("Arguments")
struct ConfigArgumentsTests {
    @Test("a value may follow its option or be joined to it")
    func shapes() throws {
        var layers = ConfigLayers()
        let flags = try layers.take(
            [
                "--listen", "[::]:1", "--data=/srv/a=b", "--set", "loops=2", "--set=chat.retention=none",
                "--config=p.conf", "--behind-proxy", "10.0.0.1",
            ])
        #expect(flags.isEmpty)
        #expect(layers.file == "p.conf")
        #expect(
            layers.arguments == [
                .init(key: "http.listen", value: "[::]:1", written: "--listen"),
                .init(key: "data.folder", value: "/srv/a=b", written: "--data"),
                .init(key: "loops", value: "2", written: "--set"),
                .init(key: "chat.retention", value: "none", written: "--set"),
                .init(key: "http.trusted-proxies", value: "10.0.0.1", written: "--behind-proxy"),
            ])
    }

    @Test("flags are those that the command has")
    func flags() throws {
        var layers = ConfigLayers()
        #expect(try layers.take(["--json", "--tls", "off"], flags: ["--json"]) == ["--json"])
        #expect(layers.arguments.count == 1)
        #expect(throws: UsageError.self) { try layers.take(["--json"]) }
    }

    @Test(
        "what cannot be understood is told in a sentence",
        arguments: [
            (["--listen"], "--listen needs a value."),
            (["--lisen", "x"], "There is no option \"--lisen\"; did you mean \"--listen\"?"),
            (["--frobnicate"], "There is no option \"--frobnicate\"."),
            (["--jsn"], "There is no option \"--jsn\"; did you mean \"--json\"?"),
            (["--port", "1"], "There is no option \"--port\"; did you mean \"--listen ADDRESS:PORT\"?"),
            (["--host=::"], "There is no option \"--host\"; did you mean \"--listen ADDRESS:PORT\"?"),
            (["--cert-file", "x"], "There is no option \"--cert-file\"; did you mean \"--cert FILE\"?"),
            (["--crt", "x"], "There is no option \"--crt\"; did you mean \"--cert\"?"),
            (["--sort"], "There is no option \"--sort\"."),
            (["-l"], "There is no option \"-l\"."),
            (["now"], "\"now\" is not expected here."),
            (["--set", "loops"], "--set needs a setting and its value, e.g. --set rooms.capacity=4."),
            (["--set", "=2"], "--set needs a setting and its value, e.g. --set rooms.capacity=4."),
            (["--config", "a", "--config", "b"], "--config can be given once."),
        ])
    func mistakes(_ arguments: [String], _ sentence: String) {
        let error = #expect(throws: UsageError.self) {
            var layers = ConfigLayers()
            _ = try layers.take(arguments, flags: ["--json"])
        }
        #expect(error?.description == sentence)
    }

    @Test("what others call an option leads to one that there is")
    func namesElsewhere() throws {
        for (name, ours) in ConfigLayers.namesElsewhere {
            let words = ours.split(separator: " ").map(String.init)
            #expect(throws: UsageError.self, "\(name) is an option of our own") {
                var layers = ConfigLayers()
                _ = try layers.take(["--" + name, "x"])
            }
            var layers = ConfigLayers()
            #expect(throws: Never.self) { try layers.take(words) }
            #expect(words.count == 2)
        }
    }

    @Test("a subcommand's own words and options stand anywhere between the settings")
    func ownWords() throws {
        var layers = ConfigLayers()
        let taken = try layers.take(
            ["add", "--data", "d", "a@b", "--name=Ana", "--quick", "--name", "--Ben"], flags: ["--quick"],
            options: ["--name"], words: 2)
        #expect(taken.words == ["add", "a@b"])
        #expect(taken.values == ["--name": "--Ben"])
        #expect(taken.flags == ["--quick"])
        #expect(layers.arguments.map(\.value) == ["d"])
    }

    @Test(
        "a subcommand takes no more words than it has, and no options that it has not",
        arguments: [["a", "b"], ["a", "--other", "x"], ["a", "--name"]])
    func ownWordsRefused(_ given: [String]) {
        var layers = ConfigLayers()
        #expect(throws: UsageError.self) { try layers.take(given, options: ["--name"], words: 1) }
    }

    @Test("every setting's own option sets that setting")
    func options() throws {
        for setting in Setting.all {
            guard let option = setting.argument else { continue }
            var layers = ConfigLayers()
            _ = try layers.take([option, "x"])
            #expect(layers.arguments == [.init(key: setting.key, value: "x", written: option)])
        }
    }

    @Test("the help has a line for every option")
    func help() {
        let words = Set(Setting.options.split(whereSeparator: \.isWhitespace).map(String.init))
        #expect(words.isSuperset(of: Setting.all.compactMap(\.argument) + ["--config", "--set"]))
    }
}
