/** What a `FirewallBotControl` asks of AWS. @internal */
export interface BotControlSettings {
  readonly targeted: boolean;
  readonly paths?: string[];
}

/** Options of a `FirewallBotControl`. */
export interface FirewallBotControlOptions {
  /**
   * Beginnings of the paths whose requests are inspected, however they are spelt. AWS charges for each request inspected.
   *
   * @default - every request
   */
  readonly paths?: string[];
}

/**
 * AWS WAF Bot Control, which tells bots from people. AWS charges for it by the month and by the request.
 *
 * It blocks programs that call the API as it blocks other bots: put the addresses of yours on the allow list.
 *
 * @example
 * import { EdgeFirewall, FirewallBotControl } from 'cdk-innovate-platform';
 *
 * new EdgeFirewall(this, 'Firewall', { botControl: FirewallBotControl.common({ paths: ['/api/'] }) });
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-bot-control.html
 */
export class FirewallBotControl {
  /** Bots that say what they are, such as crawlers and libraries. */
  public static common(options: FirewallBotControlOptions = {}): FirewallBotControl {
    return new FirewallBotControl({ targeted: false, ...options });
  }

  /**
   * Also bots that pass for a browser, by interrogating it and by machine learning. Ten times the price of the common level for each request;
   * the app needs the AWS WAF application integration SDK.
   */
  public static targeted(options: FirewallBotControlOptions = {}): FirewallBotControl {
    return new FirewallBotControl({ targeted: true, ...options });
  }

  /** @internal */
  public readonly _settings: BotControlSettings;

  private constructor(settings: BotControlSettings) {
    this._settings = settings;
  }
}
