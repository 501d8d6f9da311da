import { Duration } from 'aws-cdk-lib';

/** How the load balancer treats the pods of a web service. */
export interface ServiceTraffic {
  /**
   * How often a pod is checked.
   *
   * @default Duration.seconds(10)
   */
  readonly healthCheckInterval?: Duration;
  /**
   * HTTP status codes that mean a pod is able to serve, such as `200-299`.
   *
   * @default '200'
   */
  readonly healthyStatus?: string;
  /**
   * How long requests in flight may go on when a pod leaves. The pods' grace period has to be longer, and a node that ends leaves them two minutes, or
   * `disruption.drainTimeout` of the node pools where that is shorter or nothing is bought as Spot: so less than that.
   *
   * @default Duration.seconds(30)
   */
  readonly deregistrationDelay?: Duration;
  /**
   * How long a new pod gets a growing share only, for programs that are slow at first. Requests then go round robin.
   *
   * @default - none: each request goes to the pod that has the fewest open ones
   */
  readonly slowStart?: Duration;
  /**
   * How long a client stays with the same pod, by a cookie of the load balancer.
   *
   * @default - any pod answers any request
   */
  readonly stickiness?: Duration;
}
