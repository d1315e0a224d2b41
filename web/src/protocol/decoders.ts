// SPDX-License-Identifier: Apache-2.0

/** JSON from the network did not have the shape the protocol promises. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  constructor(readonly field: string, expected: string) {
    super(`${field}: expected ${expected}`);
  }
}

export type Decoder<T> = (value: unknown, field: string) => T;

export const text: Decoder<string> = (value, field) => {
  if (typeof value !== "string") throw new DecodeError(field, "a string");
  return value;
};

export const number: Decoder<number> = (value, field) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new DecodeError(field, "a number");
  return value;
};

export const flag: Decoder<boolean> = (value, field) => {
  if (typeof value !== "boolean") throw new DecodeError(field, "true or false");
  return value;
};

export const orNull = <T>(decode: Decoder<T>): Decoder<T | null> => {
  return (value, field) => (value === null || value === undefined ? null : decode(value, field));
};

export const oneOf = <T extends string>(...choices: readonly T[]): Decoder<T> => {
  return (value, field) => {
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw new DecodeError(field, choices.join(" or "));
    return choice;
  };
};

export const list = <T>(decode: Decoder<T>): Decoder<T[]> => {
  return (value, field) => {
    if (!Array.isArray(value)) throw new DecodeError(field, "a list");
    return value.map((each, index) => decode(each, `${field}[${index}]`));
  };
};

/** An object of which all members are of one kind. One called `__proto__` is a member like any other. */
export const map = <T>(decode: Decoder<T>): Decoder<Record<string, T>> => {
  return (value, field) => {
    const members = new Members(value, field);
    return Object.fromEntries(Object.keys(value as object).map((name) => [name, members.get(name, decode)]));
  };
};

/** Reads the members of one object. Members it is not asked for are ignored: a newer server may send more. */
export class Members {
  constructor(private readonly value: unknown, private readonly field: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new DecodeError(field, "an object");
  }
  has(name: string): boolean {
    return Object.hasOwn(this.value as object, name);
  }
  get<T>(name: string, decode: Decoder<T>): T {
    return decode((this.value as Record<string, unknown>)[name], `${this.field}.${name}`);
  }
}
