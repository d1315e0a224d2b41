// SPDX-License-Identifier: Apache-2.0
public import ServerConfig

/// `parley doctor`: looks at the machine as `parley serve` would find it, and changes nothing.
public enum Examination {
    /// - Parameter layers: What the server would be started with.
    public static func run(_ layers: ConfigLayers) -> Report {
        do throws(ServerConfigError) {
            let config = try ServerConfig.load(layers).config
            let checks = Checks(config: config, facts: MachineFacts(gatheredFor: config))
            return Report(findings: [.ok(.configuration, "no problems")] + checks.findings)
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
}
