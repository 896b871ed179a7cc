/** The errors of values that cannot travel: the reason, and the cure. */
import { functionName, ifItThrows } from "../check.js";
import { values } from "../platform/values.js";
import { className, isMap, isSet, type Shape, toString } from "./structured-clone.js";

export function cannotTravel(path: string, what: string, cure: string): TypeError {
  return new TypeError(`core: ${path} is ${what}, and cannot travel to another thread; ${cure}`);
}

/** The error for a value of this shape. */
export function refusal(value: object, shape: Shape, path: string): TypeError {
  if (shape === "proxy") return cannotTravel(path, "a Proxy", "send what is behind it, or { ...it } for its fields");
  const Class = ifItThrows<unknown>(undefined, () => value.constructor);
  const name = className(value);
  if (isPlatformClass(Class)) {
    const tag = ifItThrows("Object", () => toString.call(value).slice(8, -1));
    const what = tag !== "Object" && (name === "" || name === "Object" || /[ .]/.test(tag)) ? tag : name;
    if (shape === "instance" && what === "Object") {
      return cannotTravel(path, "an object with a prototype of its own", "send { ...it } for its fields");
    }
    return cannotTravel(path, `${/^[AEIO]/.test(what) ? "an" : "a"} ${what}`, CURES[what] ?? "send what it stands for");
  }
  const data = Array.isArray(value)
    ? "[...it]"
    : isMap(value)
      ? "new Map(it)"
      : isSet(value)
        ? "new Set(it)"
        : undefined;
  return notExposedClass(path, name, data);
}

export function notExposedClass(path: string, name: string, data: string = "{ ...it }"): TypeError {
  return cannotTravel(
    path,
    `an object of ${name === "" ? "a class without a name" : `class ${name}`}, which was not exposed, so its methods would be lost`,
    `expose({ ${name || "ItsName"} }) in the module that defines the class, or send ${data} for plain data`,
  );
}

const CURES: Readonly<Record<string, string>> = {
  ArrayBuffer: "its bytes are another thread's by now",
  URL: "send its href",
  URLSearchParams: "send its text, String(it)",
  Headers: "send its entries, [...it]",
  FormData: "send its entries, [...it]",
  AbortSignal: "send an Event of @x/event, and set it on abort",
  AbortController: "send an Event of @x/event, and set it on abort",
};

/** Is it a class of the language or of the runtime? A user cannot expose it. */
function isPlatformClass(Class: unknown): boolean {
  if (typeof Class !== "function") return true;
  const name = functionName(Class);
  const known = [globalThis, Intl, typeof WebAssembly === "undefined" ? {} : WebAssembly].some(
    (scope) => (scope as Readonly<Record<string, unknown>>)[name] === Class,
  );
  return (
    known || /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(Class)) || values.hasClass(Class)
  );
}
