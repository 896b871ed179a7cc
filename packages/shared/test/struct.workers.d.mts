declare const BodyFields: import("@x/shared").StructClass<{ x: "f64"; y: "f64"; hits: "i32" }>;
declare const OneField: import("@x/shared").StructClass<{ x: "f64" }>;

export class Body extends BodyFields {
  get distance(): number;
  hit(): void;
}
export class Hidden extends OneField {}
export class Noted extends OneField {
  note: string;
}
export class Private extends OneField {
  reveal(): number;
}
