/** Images on their way out: brought once, checked, kept for a while, sent to many with the identity they must bear. */
export { imagesErrors } from "./errors.ts";
export { createImages, type Images, type ImagesOptions, type Preparation, type Transfer } from "./images.ts";
export type {
  ImagesPatient,
  InstanceFacts,
  SuppliedInstance,
  Supplier,
  SupplyRequest,
  Urgency,
  WantedInstance,
  WantedSeries,
} from "./model.ts";
export type { Delivery, ImagesRequest } from "./request.ts";
