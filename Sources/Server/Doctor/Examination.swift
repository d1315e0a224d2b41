// SPDX-License-Identifier: Apache-2.0
public import ServerConfig

/// `parley doctor`: looks at the machine as `parley serve` would find it, and changes nothing.
public enum Examination {
    /// - Parameters:
    ///   - layers: What the server would be started with.
    ///   - credential: Makes a credential for the relay of a server that runs, good for a minute; `nil` when it cannot.
    public static func run(
        _ layers: ConfigLayers,
        credential: (ServerConfig) -> (username: String, password: String)? = { _ in nil }
    ) -> Report {
        do throws(ServerConfigError) {
            return run(try ServerConfig.load(layers).config, isServing: false, credential)
        } catch {
            // Which port or folder to look at is not known: the configuration comes first.
            return Report(
                findings: error.problems.map { problem in
                    .failure(
                        .configuration, problem.description, why: "The server does not start.",
                        fix: "Correct it; parley config --sample explains every setting.")
                })
        }
    }

    /// The same for the configuration that is in effect in this process, which is the server.
    public static func run(
        _ config: ServerConfig, credential: (ServerConfig) -> (username: String, password: String)?
    ) -> Report {
        run(config, isServing: true, credential)
    }

    private static func run(
        _ config: ServerConfig, isServing: Bool,
        _ credential: (ServerConfig) -> (username: String, password: String)?
    ) -> Report {
        var facts = MachineFacts(gatheredFor: config, isServing: isServing)
        facts.relay = RelayFacts(gatheredFor: config, port: facts.port, credential)
        let checks = Checks(config: config, facts: facts)
        return Report(findings: [.ok(.configuration, "no problems")] + checks.findings)
    }
}
