//! The closed word lists of the vocabulary. A value's number is its code on the wire and in the
//! journal: FIX's digit, a FIX letter's ASCII code, or our own where FIX has none.

/// Defines an enum whose values have a code and a JSON word.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident : $repr:ty { $($(#[$vmeta:meta])* $variant:ident = $code:literal, $word:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr($repr)]
        pub enum $name { $($(#[$vmeta])* #[doc = concat!("`", $word, "`")] $variant = $code),+ }

        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The JSON word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value with this JSON word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// The code on the wire and in the journal.
            #[must_use]
            pub const fn code(self) -> $repr {
                self as $repr
            }

            /// The value with this code.
            #[must_use]
            pub const fn from_code(code: $repr) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        impl bincode::Encode for $name {
            fn encode<E: bincode::enc::Encoder>(
                &self,
                encoder: &mut E,
            ) -> Result<(), bincode::error::EncodeError> {
                bincode::Encode::encode(&self.code(), encoder)
            }
        }

        impl<C> bincode::Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(
                decoder: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                let code = <$repr as bincode::Decode<C>>::decode(decoder)?;
                Self::from_code(code)
                    .ok_or(bincode::error::DecodeError::Other(concat!("unknown ", stringify!($name))))
            }
        }

        bincode::impl_borrow_decode!($name);

        impl crate::digest::Word for $name {
            #[inline(always)]
            fn word(self) -> u64 {
                u64::from(self.code())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// FIX Side (54).
    Side: u8 {
        Buy = 1, "buy";
        Sell = 2, "sell";
    }
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

words! {
    /// FIX OrdType (40).
    OrdType: u8 {
        Market = 1, "market";
        Limit = 2, "limit";
        Stop = 3, "stop";
        StopLimit = 4, "stop_limit";
    }
}

words! {
    /// FIX TimeInForce (59).
    TimeInForce: u8 {
        Day = 0, "day";
        Gtc = 1, "gtc";
        AtOpen = 2, "at_open";
        Ioc = 3, "ioc";
        Fok = 4, "fok";
        Gtd = 6, "gtd";
        AtClose = 7, "at_close";
    }
}

words! {
    /// Self-trade prevention, as the aggressor asks for it.
    Stp: u8 {
        NoPrevention = 0, "none";
        CancelNew = 1, "cancel_new";
        CancelResting = 2, "cancel_resting";
        CancelBoth = 3, "cancel_both";
        Decrement = 4, "decrement";
    }
}

words! {
    /// Trading phase of an instrument.
    Phase: u8 {
        PreOpen = 1, "pre_open";
        OpeningCall = 2, "opening_call";
        Continuous = 3, "continuous";
        ClosingCall = 4, "closing_call";
        Halted = 5, "halted";
        Closed = 6, "closed";
    }
}

words! {
    /// Whether trades of an instrument move money and goods in the ledger.
    Risk: u8 {
        Off = 0, "off";
        Cash = 1, "cash";
    }
}

words! {
    /// FIX ExecType (150).
    ExecType: u8 {
        New = 0, "new";
        Canceled = 4, "canceled";
        Replaced = 5, "replaced";
        Rejected = 8, "rejected";
        Expired = 67, "expired";
        Restated = 68, "restated";
        Trade = 70, "trade";
        Status = 73, "status";
        Triggered = 76, "triggered";
    }
}

words! {
    /// FIX OrdStatus (39).
    OrdStatus: u8 {
        New = 0, "new";
        PartiallyFilled = 1, "partially_filled";
        Filled = 2, "filled";
        Canceled = 4, "canceled";
        Rejected = 8, "rejected";
        Expired = 67, "expired";
    }
}

words! {
    /// FIX LastLiquidityInd (851).
    Liquidity: u8 {
        Added = 1, "added";
        Removed = 2, "removed";
        Auction = 4, "auction";
    }
}

words! {
    /// Who crossed the spread in a trade; FIX AggressorSide (2446).
    Aggressor: u8 {
        Buy = 1, "buy";
        Sell = 2, "sell";
        Auction = 3, "auction";
    }
}

words! {
    /// How an auction finds its price.
    AuctionKind: u8 {
        English = 1, "english";
        Dutch = 2, "dutch";
        FirstPrice = 3, "first_price";
        SecondPrice = 4, "second_price";
        Uniform = 5, "uniform";
    }
}

words! {
    /// Where an auction stands.
    AuctionState: u8 {
        Pending = 1, "pending";
        Open = 2, "open";
        Extended = 3, "extended";
        Sold = 4, "sold";
        Unsold = 5, "unsold";
        Cancelled = 6, "cancelled";
    }
}

words! {
    /// Where a bid stands.
    BidState: u8 {
        Leading = 1, "leading";
        Outbid = 2, "outbid";
        Rejected = 3, "rejected";
        Accepted = 4, "accepted";
        Won = 5, "won";
        Lost = 6, "lost";
    }
}

words! {
    /// How a sale is paid.
    Payment: u8 {
        Balance = 1, "balance";
        External = 2, "external";
    }
}

words! {
    /// How a sale gives out its stock.
    SaleMode: u8 {
        FirstCome = 1, "first_come";
        Draw = 2, "draw";
    }
}

words! {
    /// Where a reservation stands.
    ReservationState: u8 {
        Held = 1, "held";
        Queued = 2, "queued";
        Entered = 3, "entered";
        Confirmed = 4, "confirmed";
        Voided = 5, "voided";
        Expired = 6, "expired";
        Rejected = 7, "rejected";
    }
}

words! {
    /// How an atomic interaction ended.
    AtomicState: u8 {
        Done = 1, "done";
        Rejected = 2, "rejected";
    }
}

words! {
    /// What a deadline will do when it is due.
    DeadlineKind: u8 {
        OrderExpiry = 1, "order_expiry";
        HaltEnd = 2, "halt_end";
        SessionGrace = 3, "session_grace";
        AuctionOpen = 4, "auction_open";
        AuctionClose = 5, "auction_close";
        ReservationExpiry = 6, "reservation_expiry";
        SaleClose = 7, "sale_close";
        DrawBy = 8, "draw_by";
        Phase = 9, "phase";
    }
}

words! {
    /// What a session may do.
    Role: u8 {
        Trader = 1, "trader";
        Bidder = 2, "bidder";
        Shopper = 3, "shopper";
        Payments = 4, "payments";
        MarketData = 5, "market_data";
        DropCopy = 6, "drop_copy";
        Operator = 7, "operator";
    }
}

words! {
    /// When a lost connection cancels a session's orders.
    CancelOnDisconnect: u8 {
        Never = 0, "never";
        OnDisconnect = 1, "on_disconnect";
    }
}

words! {
    /// A command's name: `do` in a scenario line, `command` on the wire.
    CommandKind: u8 {
        CreateAsset = 1, "create_asset";
        OpenAccount = 2, "open_account";
        Deposit = 3, "deposit";
        Withdraw = 4, "withdraw";
        Transfer = 5, "transfer";
        CreateInstrument = 6, "create_instrument";
        SetPhase = 7, "set_phase";
        NewOrder = 8, "new_order";
        CancelOrder = 9, "cancel_order";
        ReplaceOrder = 10, "replace_order";
        MassCancel = 11, "mass_cancel";
        KillSwitch = 12, "kill_switch";
        CreateAuction = 13, "create_auction";
        PlaceBid = 14, "place_bid";
        BuyNow = 15, "buy_now";
        CancelAuction = 16, "cancel_auction";
        CreateSale = 17, "create_sale";
        AddProduct = 18, "add_product";
        Restock = 19, "restock";
        Reserve = 20, "reserve";
        ReserveCart = 21, "reserve_cart";
        Block = 22, "block";
        Draw = 23, "draw";
        Confirm = 24, "confirm";
        Void = 25, "void";
        Extend = 26, "extend";
        Leave = 27, "leave";
        Atomic = 28, "atomic";
        QueryOpen = 29, "query_open";
        QueryDeadlines = 30, "query_deadlines";
        QueryCounter = 31, "query_counter";
        QueryBalance = 32, "query_balance";
        QueryDepth = 33, "query_depth";
        QuerySale = 34, "query_sale";
        QueryAuction = 35, "query_auction";
        QueryStats = 36, "query_stats";
        SessionOpen = 37, "session_open";
        SessionConfig = 38, "session_config";
        SessionLost = 39, "session_lost";
        SessionBack = 40, "session_back";
        Tick = 41, "tick";
        SchedulePhase = 42, "schedule_phase";
        QueryCounters = 43, "query_counters";
        ActivateRules = 44, "activate_rules";
        AcceptClockStep = 45, "accept_clock_step";
    }
}

words! {
    /// An input field, named in `rejected` and in BusinessReject.
    Field: u8 {
        Asset = 1, "asset";
        Code = 2, "code";
        Decimals = 3, "decimals";
        Account = 4, "account";
        Group = 5, "group";
        Amount = 6, "amount";
        RequestId = 7, "request_id";
        From = 8, "from";
        To = 9, "to";
        Instrument = 10, "instrument";
        Base = 11, "base";
        Quote = 12, "quote";
        LotSize = 13, "lot_size";
        TickValue = 14, "tick_value";
        Risk = 15, "risk";
        ReferencePrice = 16, "reference_price";
        BandTicks = 17, "band_ticks";
        HaltBandTicks = 18, "halt_band_ticks";
        HaltFor = 19, "halt_for";
        MaxOrderQty = 20, "max_order_qty";
        MaxNotional = 21, "max_notional";
        MaxOpenOrders = 22, "max_open_orders";
        MaxPosition = 23, "max_position";
        MakerFeePpm = 24, "maker_fee_ppm";
        TakerFeePpm = 25, "taker_fee_ppm";
        Phase = 26, "phase";
        ClOrdId = 27, "cl_ord_id";
        Side = 28, "side";
        OrdType = 29, "ord_type";
        Qty = 30, "qty";
        Price = 31, "price";
        StopPx = 32, "stop_px";
        Tif = 33, "tif";
        ExpireAt = 34, "expire_at";
        DisplayQty = 35, "display_qty";
        PostOnly = 36, "post_only";
        MinQty = 37, "min_qty";
        Stp = 38, "stp";
        OrderId = 39, "order_id";
        OrigClOrdId = 40, "orig_cl_ord_id";
        On = 41, "on";
        Auction = 42, "auction";
        Kind = 43, "kind";
        Seller = 44, "seller";
        StartPrice = 45, "start_price";
        ReservePrice = 46, "reserve_price";
        BuyNow = 47, "buy_now";
        Increments = 48, "increments";
        Step = 49, "step";
        StepEvery = 50, "step_every";
        Floor = 51, "floor";
        OpensAt = 52, "opens_at";
        ClosesAt = 53, "closes_at";
        ExtendWindow = 54, "extend_window";
        ExtendBy = 55, "extend_by";
        MaxExtensions = 56, "max_extensions";
        MaxPrice = 57, "max_price";
        BidId = 58, "bid_id";
        Sale = 59, "sale";
        HoldFor = 60, "hold_for";
        Payment = 61, "payment";
        MaxAttempts = 62, "max_attempts";
        AttemptsWindow = 63, "attempts_window";
        Waitlist = 64, "waitlist";
        LimitPerAccount = 65, "limit_per_account";
        LimitPerOrigin = 66, "limit_per_origin";
        Mode = 67, "mode";
        SeedDigest = 68, "seed_digest";
        DrawBy = 69, "draw_by";
        Product = 70, "product";
        Stock = 71, "stock";
        Delta = 72, "delta";
        Origin = 73, "origin";
        Lines = 74, "lines";
        Seed = 75, "seed";
        Reservation = 76, "reservation";
        By = 77, "by";
        Legs = 78, "legs";
        Counter = 79, "counter";
        Min = 80, "min";
        Max = 81, "max";
        Time = 82, "time";
        Session = 83, "session";
        Version = 84, "version";
        Timestamp = 85, "timestamp";
        Role = 86, "role";
        Accounts = 87, "accounts";
        GraceMs = 88, "grace_ms";
        Do = 89, "do";
        At = 90, "at";
        Rules = 91, "rules";
    }
}
