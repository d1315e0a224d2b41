// SPDX-License-Identifier: Apache-2.0

// The few parts of Node that our tests use. Debian 12 has no package with Node's types.

declare module "node:test" {
  interface TestContext {
    readonly name: string;
    after(body: () => void | Promise<void>): void;
    diagnostic(message: string): void;
  }
  type TestBody = (context: TestContext) => void | Promise<void>;
  export function test(name: string, body: TestBody): Promise<void>;
  export function describe(name: string, body: () => void): void;
  export function it(name: string, body: TestBody): void;
  export function before(body: () => void | Promise<void>): void;
  export function after(body: () => void | Promise<void>): void;
  export function beforeEach(body: () => void | Promise<void>): void;
  export function afterEach(body: () => void | Promise<void>): void;
}

declare module "node:assert/strict" {
  interface Assert {
    (value: unknown, message?: string): asserts value;
    ok(value: unknown, message?: string): asserts value;
    equal<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
    notEqual(actual: unknown, expected: unknown, message?: string): void;
    deepEqual<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
    notDeepEqual(actual: unknown, expected: unknown, message?: string): void;
    match(value: string, pattern: RegExp, message?: string): void;
    doesNotMatch(value: string, pattern: RegExp, message?: string): void;
    throws(body: () => unknown, expected?: object, message?: string): void;
    doesNotThrow(body: () => unknown, message?: string): void;
    rejects(promise: Promise<unknown> | (() => Promise<unknown>), expected?: object): Promise<void>;
    fail(message?: string): never;
  }
  const assert: Assert;
  export default assert;
}

declare module "node:fs" {
  export function readFileSync(path: string, encoding: "utf8"): string;
  export function readdirSync(path: string): string[];
  export function existsSync(path: string): boolean;
}

declare module "node:process" {
  export const env: Readonly<Record<string, string | undefined>>;
  export function cwd(): string;
}
